"""KPIs that are pandas functions: their rows are fetched once, and each period and member is computed in a child."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import Answer, UnfitError, each, home_of
from cpm_core.measure import slices
from cpm_core.measure.calling import Call, task
from cpm_core.measure.cells import WHERE
from cpm_core.measure.fused import Group
from cpm_core.model.errors import MeasureError
from cpm_core.model.measures import Frame, Measure
from cpm_core.model.periods import start_of
from cpm_core.model.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.model.periods import Period
    from cpm_core.model.settings import Settings
    from cpm_core.tables.derive import Catalog

MOST_ROWS = 5_000_000
"""Rows that are fetched at most: with a dozen columns, half a gigabyte of memory."""
PARTS = ["value", "num", "den", "n"]

_NO_NUMBER = Text(
    en="the function returned {kind}: a number, a pair of numbers or None is wanted",
    zh="函数返回了 {kind}：此处需要数字、一对数字或 None",
)


class FrameQuery:
    """Computes a group of such KPIs.

    Args:
        group: What is measured.
        catalog: The tables.
        periods: The measured periods, oldest first.
        settings: Period name and where years start.
    """

    def __init__(self, group: Group, catalog: Catalog, periods: Sequence[Period], settings: Settings) -> None:
        self.group = group
        self.catalog = catalog
        self.periods = periods
        self.settings = settings

    def run(self) -> dict[str, Answer]:
        """A frame a KPI, WHERE and PARTS, or how it failed."""
        try:
            return self._answers(self.group.kpis)
        except Exception as error:  # noqa: BLE001  # whatever an engine raises: the culprit is looked for one by one
            if len(self.group.kpis) == 1:
                return {name: self._failed(name, error) for name in self.group.kpis}
        found: dict[str, Answer] = {}
        for name, measure in self.group.kpis.items():
            try:
                found |= self._answers({name: measure})
            except Exception as error:  # noqa: BLE001  # becomes the KPI's state, with its words
                found[name] = self._failed(name, error)
        return found

    def _failed(self, name: str, error: Exception) -> Answer:
        return Answer(failure=failure_of(error, self.group.calls[name].provided.where))

    def _answers(self, kpis: Mapping[str, Measure]) -> dict[str, Answer]:
        """Fetch the rows of some KPIs, and compute each in the child of its plugin.

        Raises:
            MeasureError: There are more than MOST_ROWS rows.
        """
        measures = {name: one for name, one in kpis.items() if isinstance(one, Frame)}
        with self.catalog.engine.limited(self.catalog.limits.query):
            rows = self._fetched(list(measures.values()))
        by_plugin: dict[str, list[str]] = {}
        for name in measures:
            by_plugin.setdefault(self.group.calls[name].provided.provider, []).append(name)
        prefixes = {name: f"k{i}" for i, name in enumerate(measures)}
        found: dict[str, Answer] = {}
        for names in by_plugin.values():
            calls = [self.group.calls[name] for name in names]
            tasks = [task(call, partial(self._computed, rows, prefixes[call.item.id], call)) for call in calls]
            answers = each(tasks, self.catalog.limits.pandas, home_of(calls[0].provided.file))
            found |= dict(zip(names, answers, strict=True))
        return found

    def _fetched(self, measures: Sequence[Frame]) -> pd.DataFrame:
        """The rows that any of the measures counts, with its columns as `k<i>_<name>`, in the order of the key."""
        table = self.catalog.unbound(self.group.table)
        at = table[self.group.at]
        values: dict[str, ir.Value] = {}
        for i, one in enumerate(measures):
            values |= {f"k{i}_{name}": _plain(column) for name, column in zip(one.names, one.columns, strict=True)}
            values[f"k{i}_counts"] = ibis.literal(True) if one.where is None else one.where.fill_null(False)
        order = {f"key_{i}": table[name] for i, name in enumerate(self.catalog.key(self.group.table))}
        reached = self.group.slices
        keep = {one.key or one.column for one in reached} - set(values)
        start = start_of(at, self.settings.period, self.settings.year_starts)
        inside = (at >= self.periods[0].start) & (at < self.periods[-1].end)
        carried = {name: table[name] for name in sorted(keep)}
        rows = table.filter(inside).select(**{**carried, "period_start": start, **order, **values})
        rows = rows.filter(ibis.or_(*(rows[f"k{i}_counts"] for i in range(len(measures)))))
        self._limited(rows)
        columns = [f"slice_{i}" for i in range(len(reached))]
        slices.check_unique(reached, self.catalog)
        found = slices.joined(rows, reached, self.catalog).order_by(list(order))
        return self.catalog.engine.frame(found.select("period_start", *columns, *values))

    def _limited(self, rows: ir.Table) -> None:
        count = int(self.catalog.engine.frame(rows.aggregate(n=rows.count()))["n"].iloc[0])
        if count > MOST_ROWS:
            raise MeasureError(
                f"{count:,} rows would be fetched, and a KPI in pandas takes at most {MOST_ROWS:,}",
                fix="Let its Frame count fewer with `where`, show a shorter history, or write it as a Ratio or Mean.",
            )

    def _computed(self, rows: pd.DataFrame, prefix: str, call: Call) -> pd.DataFrame:
        """The figures of one KPI, in total and by each slice; the function is asked of the KPI's anew."""
        import pandas as pd

        measure = call.measure(call.arguments)
        assert isinstance(measure, Frame)
        mine = rows[rows[f"{prefix}_counts"].astype(bool)]
        inputs = mine[[f"{prefix}_{name}" for name in measure.names]].set_axis(list(measure.names), axis=1)
        found = []
        for index in range(-1, len(self.group.slices)):
            name = self.group.slices[index].name if index >= 0 else ""
            member = mine[f"slice_{index}"] if index >= 0 else pd.Series("", index=mine.index)
            for (start, of), part in inputs.groupby([mine["period_start"], member], sort=True):
                figure = _read(measure.function(part.reset_index(drop=True)))
                found.append((start, name, of, *figure, float(len(part))))
        frame = pd.DataFrame(found, columns=[*WHERE, *PARTS])
        return frame.astype(dict.fromkeys(PARTS, "float64"))


def _plain(column: ir.Value) -> ir.Value:
    """A column as pandas reckons with it: decimals as floats."""
    return column.cast(dt.float64) if column.type().is_decimal() else column


def _read(result: Any) -> tuple[float, float, float]:
    if isinstance(result, tuple) and len(result) == 2:
        above, below = (_number(one) for one in result)
        return (above / below if below > 0 else math.nan), above, below
    value = _number(result)
    return value, math.nan, math.nan


def _number(value: Any) -> float:
    """A number that pandas or a person gives; None and what is not finite is NaN."""
    if value is None:
        return math.nan
    if not isinstance(value, (numbers.Number, Decimal)) and not _missing(value):
        raise UnfitError(_NO_NUMBER.format(kind=type(value).__name__))
    found = math.nan if _missing(value) else float(value)
    return found if math.isfinite(found) else math.nan


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is pd.NA or value is pd.NaT
