"""What makes a run the same as another: notebook, parameters, plugins, versions and data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import cpm_core
from cpm_core.model.listing import files_below

SHORT = 8
"""Hex digits of the key that stand in a run's id."""


def notebook_hash(path: Path) -> str:
    """sha256 of what a notebook says: its cells' kinds, sources and tags.

    Stored outputs and the editor's own marks do not count: to open and save it changes no report.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [
        [cell.get("cell_type"), "".join(cell.get("source", "")), cell.get("metadata", {}).get("tags", [])]
        for cell in notebook.get("cells", [])
    ]
    return _sha256(cells)


@cache
def code_hash() -> str:
    """sha256 of the package's own files: an editable installation changes without its version."""
    root = Path(cpm_core.__file__).parent
    digest = hashlib.sha256()
    for path in files_below(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def run_key(
    notebook: str,
    identity: str,
    fingerprints: Mapping[str, str],
    notebook_parameters: Mapping[str, Any] | None = None,
    code: str | None = None,
) -> str:
    """The key of a run as 64 hex digits.

    Args:
        notebook: Its `notebook_hash`.
        identity: The workbook's: parameters, plugins and versions.
        fingerprints: sha256 of each file that was read, by its name.
        notebook_parameters: Values for parameters that only the notebook knows.
        code: The package's `code_hash`; left out: of the running one.
    """
    # Not where a file lies but what is in it: the same data read from another folder is the same run.
    data = sorted((Path(name).name, digest) for name, digest in fingerprints.items())
    return _sha256([notebook, identity, data, dict(notebook_parameters or {}), code or code_hash()])


def run_id(as_of: date, key: str) -> str:
    """`2011-11-30-3f9a1c2e`: the as-of day and the start of the key."""
    return f"{as_of.isoformat()}-{key[:SHORT]}"


def next_id(first: str, runs: Path) -> str:
    """``first``, or with `-2`, `-3` … behind it if there are such runs already."""
    taken = {path.name for path in runs.iterdir()} if runs.is_dir() else set()
    name, number = first, 1
    while name in taken:
        number += 1
        name = f"{first}-{number}"
    return name


def _sha256(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
