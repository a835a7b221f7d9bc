"""What makes a process start sooner."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_collection() -> Iterator[None]:
    """A block without the collector of cyclic garbage: in a command of a second, it takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def import_jsonschema() -> None:
    """Import jsonschema without the grammar of international addresses, before Altair or papermill do.

    jsonschema takes the grammar where it is installed, as JupyterLab does, and building it takes two
    seconds of each process. It serves the formats `iri` and `iri-reference` only, which neither charts
    nor notebooks have.
    """
    if "jsonschema" in sys.modules or _GRAMMAR in sys.modules:
        return
    modules: dict[str, Any] = sys.modules
    # None: an import of it fails, which jsonschema takes as "not installed". Others may import it afterwards.
    modules[_GRAMMAR] = None
    try:
        importlib.import_module("jsonschema")
    finally:
        del modules[_GRAMMAR]
