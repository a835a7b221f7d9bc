"""What is known of each KPI once it was compiled, so that a notebook's kernel need not work it out again.

To compile KPIs into SQL, for their hashes and for the columns that they are made of, takes seconds; what came of it
are a few words each. They lie in the work folder beside the tables, and hold for the workbook that wrote them.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cpm_core.model.text import Text

KNOWN = "known.json"
MOST = 1000
"""KPIs of which a process remembers what is known."""


@dataclass(frozen=True)
class Known:
    """Of one KPI that is measured on a table; see `cpm_core.measure.compile.Compiled`."""

    definition: str
    reads: tuple[str, ...]
    missing: Text | None
    without: tuple[str, ...]


_remembered: OrderedDict[Hashable, Known] = OrderedDict()


def remember(key: Hashable, known: Known) -> None:
    """Keep for this process what is known of a KPI, by all that it hangs on; None: it is not kept."""
    if key is not None:
        _remembered[key] = known
        while len(_remembered) > MOST:
            _remembered.popitem(last=False)


def recalled(key: Hashable) -> Known | None:
    """What this process remembers."""
    return _remembered.get(key)


def load(folder: Path, identity: str) -> dict[str, Known]:
    """What a work folder knows, by KPI; nothing where there is no such file, or one of another workbook."""
    try:
        found = json.loads((folder / KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if found["identity"] != identity:
        return {}
    return {name: _of(about) for name, about in found["kpis"].items()}


def save(folder: Path, identity: str, known: Mapping[str, Known]) -> None:
    """Write it by rename."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{KNOWN}.{os.getpid()}"
    kpis = {name: asdict(one) for name, one in known.items()}
    aside.write_text(json.dumps({"identity": identity, "kpis": kpis}, ensure_ascii=False), encoding="utf-8")
    aside.replace(folder / KNOWN)


def _of(about: Mapping[str, Any]) -> Known:
    missing = about["missing"]
    return Known(
        about["definition"],
        tuple(about["reads"]),
        None if missing is None else Text(**missing),
        tuple(about["without"]),
    )
