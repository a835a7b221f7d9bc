"""`cpm runs diff`: the difference of two runs at the terminal, and as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.secrets import scrubbed
from cpm_core.params.paths import shown
from cpm_core.runs.diff.causes import Change
from cpm_core.runs.diff.difference import Difference, difference
from cpm_core.runs.diff.find import Found, find_pair
from cpm_core.runs.record import plain

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

MOST = 40
"""Rows of a table at the terminal; JSON has all."""
NO_TERMINAL_WIDTH = 200
NONE = "-"


def diff_runs(words: Sequence[str], out: Path, *, as_json: bool = False, exit_code: bool = False) -> int:
    """Print how two runs differ.

    Args:
        words: Two runs, a report, or nothing if there is one report only.
        out: Where reports are published.
        as_json: Print JSON instead of tables.
        exit_code: Return 1 if they differ, as `git diff` does.

    Raises:
        UsageError: The runs are not there, or cannot be compared.
        RunError: A table of a run cannot be read.
    """
    found = difference(*find_pair(words, out))
    if as_json:
        text = json.dumps(plain(as_plain(found)), ensure_ascii=False, indent=1)
        sys.stdout.write(scrubbed(text) + "\n")
    else:
        from rich.console import Console

        console = Console(markup=False, emoji=False, highlight=False)
        if not console.is_terminal:
            console.width = NO_TERMINAL_WIDTH
        _Shown(found, console).all()
    return int(exit_code and bool(found))


def as_plain(found: Difference) -> dict[str, Any]:
    """All of it, as JSON can hold it."""
    return {
        "before": _run(found.before),
        "after": _run(found.after),
        "restated": _rows(found.restated),
        "expected": found.expected,
        "kpis": _rows(found.changed_kpis),
        "tiers": _rows(found.tiers),
        "rejects": _rows(found.rejects),
        **asdict(found.causes),
    }


def _run(one: Found) -> dict[str, Any]:
    about = {name: one.record.get(name) for name in ("as_of", "finished")}
    return {"report": one.report, "run": one.id, **about, "folder": shown(one.folder)}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    # NaN and NaT are null in JSON, whatever the column's type is.
    return [
        {str(name): None if value != value else value for name, value in row.items()}  # noqa: PLR0124  NaN alone does
        for row in frame.astype(object).to_dict("records")
    ]


class _Shown:
    """A difference at the terminal."""

    def __init__(self, found: Difference, console: Console) -> None:
        self.found, self.console = found, console

    def all(self) -> None:
        """Everything; what has not changed is left out."""
        found = self.found
        self._heading()
        if not found and not any(asdict(found.causes).values()):
            self._line("no difference")
            return
        self._restated()
        self._kpis()
        self._tiers()
        rejected = ([row["table"], row["reason"], *map(str, (row["before"], row["after"])), f"{row['change']:+d}"]
                    for row in found.rejects.to_dict("records"))  # fmt: skip
        self._table("rejected rows", ("table", "reason", "before", "after", "change"), rejected)
        self._causes()

    def _heading(self) -> None:
        for words, one in (("before", self.found.before), ("after", self.found.after)):
            made = str(one.record.get("finished", ""))[:16].replace("T", " ")
            self._line(f"{words:6}  {one.report} {one.id}, as of {one.record.get('as_of')}, made {made} UTC")

    def _restated(self) -> None:
        found = self.found.restated
        rows = (
            [row["kpi"], row["period"], _member(row), *self._change(row), row["because"]]
            for row in found.to_dict("records")
        )
        title = f"restated, though its period was over: {len(found)} {'figure' if len(found) == 1 else 'figures'}"
        heads = ("KPI", "period", "of", "before", "after", "change", "state", "because of")
        self._table(title, heads, rows)
        if self.found.expected:
            self._line(
                f"\nother figures that differ, of periods that were not over or not complete: {self.found.expected}"
            )

    def _change(self, row: Mapping[Any, Any]) -> list[str]:
        """Before, after and change of the value; if it is the same, of the first sum behind it that is not."""
        state = "" if row["state_before"] == row["state_after"] else f"{_state(row, 'before')} → {_state(row, 'after')}"
        names = [("before", "after", "change", "")]
        names += [
            (f"{name}_before", f"{name}_after", f"{name}_change", name) for name in ("numerator", "denominator", "n")
        ]
        start, end, by, note = next((one for one in names if _others(row[one[0]], row[one[1]])), names[0])
        words = written(row[start], row[end], row[by])
        return [*words, ", ".join(filter(None, (f"({note})" if note else "", state)))]

    def _kpis(self) -> None:
        found = self.found.changed_kpis
        rows = []
        for row in found.to_dict("records"):
            notes = {"before": "not measured now", "after": "new"}.get(row["there"], "")
            if row["there"] == "both" and row["state_before"] != row["state_after"]:
                notes = f"{row['state_before']} → {row['state_after']}"
            notes = ", ".join(filter(None, (notes, "defined anew" if row["redefined"] else "")))
            numbers = written(row["before"], row["after"], row["change"])
            rows.append([row["kpi"], *numbers, notes])
        periods = [str(one.record.get("period")) for one in (self.found.before, self.found.after)]
        title = f"KPIs of {' and '.join(dict.fromkeys(periods))}"
        self._table(title, ("KPI", "before", "after", "change", ""), rows)

    def _tiers(self) -> None:
        moves = self.found.tiers
        if not len(moves):
            return
        title = f"tiers: {len(moves)} customers" + ("" if self.found.same_day else " (the as-of days differ)")
        ways = moves[["tier_before", "tier_after"]].fillna("(none)").value_counts(sort=True).reset_index()
        rows = ([row["tier_before"], row["tier_after"], str(row["count"])] for row in ways.to_dict("records"))
        self._table(title, ("from", "to", "customers"), rows)

    def _causes(self) -> None:
        found = self.found.causes
        self._changes("sources (starts of fingerprints)", found.sources)
        self._changes("params", found.params)
        self._changes("plugins", found.plugins)
        self._changes("versions", found.versions)
        if found.notebook:
            self._line("\nthe notebook is another")

    def _changes(self, title: str, changes: Sequence[Change]) -> None:
        rows = (
            [one.name, *(NONE if end is None else _text(end) for end in (one.before, one.after))] for one in changes
        )
        self._table(title, ("", "before", "after"), rows)

    def _table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        from rich.table import Table

        all_rows = list(rows)
        if not all_rows:
            return
        self._line(f"\n{title}")
        table = Table(box=None, pad_edge=False, header_style="bold")
        numbers = ("before", "after", "change", "customers")
        words = heads[0] == ""
        for head in heads:
            table.add_column(head, justify="right" if head in numbers and not words else "left", overflow="fold")
        for row in all_rows[:MOST]:
            table.add_row(*map(scrubbed, row))
        self.console.print(table)
        if len(all_rows) > MOST:
            self._line(f"… and {len(all_rows) - MOST} more: --json has all")

    def _line(self, words: str) -> None:
        self.console.print(scrubbed(words), soft_wrap=True)


def written(*numbers: Any) -> list[str]:
    """Figures alike: whole, to the cent, to four digits behind the point as money is kept, or six digits that count.

    The last one is a change, with its sign.
    """
    finite = [float(number) for number in numbers if number is not None and not math.isnan(number)]
    form = next((f",.{digits}f" for digits in (0, 2, 4) if all(round(one, digits) == one for one in finite)), ",.6g")
    signs = [""] * (len(numbers) - 1) + ["+"]
    return [
        NONE if number is None or math.isnan(number) else f"{number:{sign}{form}}"
        for number, sign in zip(numbers, signs, strict=True)
    ]


def _others(before: float, after: float) -> bool:
    """Whether two figures differ; two that are not there do not."""
    return before != after and not (math.isnan(before) and math.isnan(after))


def _member(row: Mapping[Any, Any]) -> str:
    return f"{row['slice']} {row['member']}" if row["slice"] else "all"


def _state(row: Mapping[Any, Any], end: str) -> str:
    value = row[f"state_{end}"]
    return value if isinstance(value, str) else "not there"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
