"""Compute the figures of a published run again, from what its record says, and compare them one by one."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model import folders
from cpm_core.model.errors import CpmError
from cpm_core.params.overrides import Override
from cpm_core.runs.key import code_hash
from cpm_core.runs.publish import TEMPORARY
from cpm_core.runs.record import RECORD, plain, read_record

if TYPE_CHECKING:
    from cpm_core.workbook import Workbook

FACTS = "facts.parquet"
SAME = 1e-9
"""Share by which a figure may differ and still be the same: sums of floats depend on their order."""
_KEY = ["kpi", "period", "slice", "member"]
_NONE = "no figure"


@dataclass(frozen=True)
class Difference:
    """One figure that came out differently."""

    kpi: str
    period: str
    slice: str
    member: str
    before: str
    after: str
    why: str
    """What it comes from: `other data`, `another definition`, `other params`, `other code`, or `unexplained`."""

    @property
    def name(self) -> str:
        """KPI, period, and the member of a slice."""
        part = f" {self.slice}={self.member}" if self.slice else ""
        return f"{self.kpi} {self.period}{part}"


@dataclass(frozen=True)
class Rerun:
    """What came of computing a run's figures again."""

    figures: int = 0
    """How many were compared."""
    differences: list[Difference] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """What the figures are made of that has changed since, in words."""
    failed: list[str] = field(default_factory=list)
    """Why it could not be done."""

    @property
    def same(self) -> bool:
        """Whether every figure came out as it was."""
        return not self.failed and not self.differences


def rerun(run: Path, out: Path) -> Rerun:
    """Compute the figures of a run again in a temporary folder, and compare them.

    Args:
        run: Its folder.
        out: Where reports are published; a params file that is not found from the working folder is looked for
            beside it.
    """
    from cpm_core import workbook

    record = read_record(run)
    if record is None:
        return Rerun(failed=[f"{RECORD} is missing or cannot be read"])
    try:
        params = _params(str(record.get("params")), out)
        with folders.made(Path(tempfile.gettempdir()), TEMPORARY) as work:
            book = workbook.open(params, overrides=_said(record), work=work)
            try:
                return _compared(run, record, book)
            finally:
                book.close(dropping=work)
    except (CpmError, OSError) as error:
        return Rerun(failed=str(error).splitlines())


def _params(name: str, out: Path) -> Path:
    path = Path(name)
    return path if path.is_file() or not (out.parent / path).is_file() else out.parent / path


def _said(record: Mapping[str, Any]) -> list[Override]:
    """What was said beside the params file, and the day that it was made for."""
    said = [Override(one["key"], one["value"], one["by"]) for one in record.get("said", ())]
    return [*said, Override("as_of", record["as_of"], RECORD)]


def _compared(run: Path, record: Mapping[str, Any], book: Workbook) -> Rerun:
    import pandas as pd

    before, after = pd.read_parquet(run / FACTS), book.facts()
    both = before.merge(after, on=_KEY, how="outer", suffixes=("_before", "_after"), indicator="there")
    changed = _changed(record, book)
    rows: list[dict[str, Any]] = both.to_dict("records")  # type: ignore[assignment]  # names of columns are texts
    differences = [
        Difference(row["kpi"], row["period"], row["slice"], row["member"], *told, _why(row, changed))
        for row in rows
        if (told := _differing(row)) is not None
    ]
    redefined = sorted({one.kpi for one in differences if one.why == _DEFINITION})
    words = [text for _, text in changed] + [f"definition of {name}" for name in redefined]
    return Rerun(len(both), differences, words)


_DEFINITION = "another definition"


def _differing(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """A figure before and after in words, if they are not the same."""
    before, after = _figure(row, "before", "left_only"), _figure(row, "after", "right_only")
    if before == after:
        return None
    numbers = row["value_before"], row["value_after"]
    near = all(isinstance(one, float) for one in numbers) and math.isclose(*numbers, rel_tol=SAME)
    return None if near and row["state_before"] == row["state_after"] else (before, after)


def _figure(row: Mapping[str, Any], side: str, alone: str) -> str:
    if row["there"] not in ("both", alone):
        return _NONE
    value, state = row[f"value_{side}"], row[f"state_{side}"]
    words = "none" if value is None or value != value else f"{value:.12g}"  # noqa: PLR0124  # NaN alone differs from itself
    return words if state == "ok" else f"{words} ({state})"


def _why(row: Mapping[str, Any], changed: list[tuple[str, str]]) -> str:
    if row["there"] == "both" and row["definition_before"] != row["definition_after"]:
        return _DEFINITION
    return " or ".join(dict.fromkeys(kind for kind, _ in changed)) or "unexplained"


def _changed(record: Mapping[str, Any], book: Workbook) -> list[tuple[str, str]]:
    """What the figures are made of that is not as it was: what kind of thing, and which."""
    now = plain(book.provenance())
    found = [("other data", f"data, {name}") for name in _unlike(_digests(record), _digests(now))]
    found += [("other params", f"params, {name}") for name in _unlike(record.get("parameters"), now["parameters"])]
    found += [("other versions", f"version of {name}") for name in _unlike(record.get("versions"), now["versions"])]
    if record.get("plugins") != now.get("plugins"):
        found.append(("other plugins", "plugins"))
    if record.get("code") != code_hash():
        found.append(("other code", "the code of cpm_core"))
    return found


def _digests(record: Mapping[str, Any]) -> dict[str, str]:
    return {one["file"]: one["sha256"] for one in record.get("sources", ())}


def _unlike(before: Any, after: Any) -> list[str]:
    """Names under which two mappings differ."""
    before, after = dict(before or {}), dict(after or {})
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
