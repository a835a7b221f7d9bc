"""`run.json`: what a run was made of, and the sha256 of each of its files. Written last."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.secrets import scrubbed
from cpm_core.runs.leaks import clean

if TYPE_CHECKING:
    import pandas as pd

RECORD = "run.json"
FORMAT = 1


def write_record(folder: Path, facts: Mapping[str, Any]) -> None:
    """Add the files to what is known of a run, and write it; neither it nor a file holds a secret.

    Raises:
        LeakError: One does.
    """
    clean(folder)
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.iterdir())
        if path.name != RECORD
    }
    text = json.dumps(plain({"format": FORMAT, **facts, "files": files}), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / RECORD).write_text(scrubbed(text) + "\n", encoding="utf-8")


def kpis_of(facts: pd.DataFrame, period: str) -> dict[str, dict[str, str]]:
    """Who defines each measured KPI, a hash of the definition, and its state in a period."""
    rows = facts[(facts["slice"] == "") & (facts["period"] == period)]
    columns = ("provider", "version", "definition", "state")
    return {row["kpi"]: {name: row[name] for name in columns} for row in rows.to_dict("records")}


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a run; None if there is none that can be read."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def unbroken(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether every file of a run is there and as it was written."""
    files = record.get("files")
    if not isinstance(files, Mapping) or not files:
        return False
    return all(
        (folder / name).is_file() and sha256(folder / name) == about.get("sha256") for name, about in files.items()
    )


def sha256(path: Path) -> str:
    """sha256 of a file, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain(value: Any) -> Any:
    """A value as JSON can hold it; what JSON has no word for becomes text, and NaN null."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)
