"""KPIs that are pandas functions: their rows are fetched once, and each period and member is computed here."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cpm_core.measure import slices
from cpm_core.measure.fused import WHERE, Group
from cpm_core.model.errors import MeasureError
from cpm_core.model.measures import Frame, Measure
from cpm_core.model.periods import start_of

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.model.periods import Period
    from cpm_core.model.settings import Settings
    from cpm_core.tables.derive import Catalog

MOST_ROWS = 5_000_000
"""Rows that are fetched at most: with a dozen columns, half a gigabyte of memory."""
PARTS = ["value", "num", "den", "n"]


class FrameQuery:
    """Runs a group of such KPIs; the same calls as `cpm_core.measure.fused.Query`.

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

    def run(self, kpis: Mapping[str, Measure] | None = None) -> dict[str, pd.DataFrame]:
        """One frame a KPI: WHERE and PARTS.

        Raises:
            MeasureError: There are more than MOST_ROWS rows, or a function failed (with its file and line).
        """
        chosen = self.group.kpis if kpis is None else kpis
        measures = {name: one for name, one in chosen.items() if isinstance(one, Frame)}
        rows = self._fetched(list(measures.values()))
        return {name: self._computed(rows, f"k{i}", one) for i, (name, one) in enumerate(measures.items())}

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
        found = slices.joined(rows, reached, self.catalog).order_by(list(order))
        return self.catalog.engine.frame(found.select("period_start", *columns, *values))

    def _limited(self, rows: ir.Table) -> None:
        count = int(self.catalog.engine.frame(rows.aggregate(n=rows.count()))["n"].iloc[0])
        if count > MOST_ROWS:
            raise MeasureError(
                f"{count:,} rows would be fetched, and a KPI in pandas takes at most {MOST_ROWS:,}",
                fix="Let its Frame count fewer with `where`, show a shorter history, or write it as a Ratio or Mean.",
            )

    def _computed(self, rows: pd.DataFrame, prefix: str, measure: Frame) -> pd.DataFrame:
        """The figures of one KPI, in total and by each slice."""
        import pandas as pd

        mine = rows[rows[f"{prefix}_counts"].astype(bool)]
        inputs = mine[[f"{prefix}_{name}" for name in measure.names]].set_axis(list(measure.names), axis=1)
        found = []
        for index in range(-1, len(self.group.slices)):
            name = self.group.slices[index].name if index >= 0 else ""
            member = mine[f"slice_{index}"] if index >= 0 else pd.Series("", index=mine.index)
            for (start, of), part in inputs.groupby([mine["period_start"], member], sort=True):
                figure = _figure(measure, part.reset_index(drop=True))
                found.append((start, name, of, *figure, float(len(part))))
        frame = pd.DataFrame(found, columns=[*WHERE, *PARTS])
        return frame.astype(dict.fromkeys(PARTS, "float64"))


def _plain(column: ir.Value) -> ir.Value:
    """A column as pandas reckons with it: decimals as floats."""
    return column.cast(dt.float64) if column.type().is_decimal() else column


def _figure(measure: Frame, rows: pd.DataFrame) -> tuple[float, float, float]:
    """Value, numerator and denominator; NaN for what there is not."""
    try:
        return _read(measure.function(rows))
    except Exception as error:
        raise MeasureError(f"{type(error).__name__}: {error} ({_line(measure, error)})") from error


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
        raise TypeError(f"the function returned {type(value).__name__}: a number, a pair of numbers or None is wanted")
    found = math.nan if _missing(value) else float(value)
    return found if math.isfinite(found) else math.nan


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is pd.NA or value is pd.NaT


def _line(measure: Frame, error: BaseException) -> str:
    """File and line of what was raised, within the function's own file as far as it got there."""
    function = inspect.unwrap(measure.function)
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    line = next((line for at, line in reversed(list(_trace(error))) if at == file), 0)
    return f"{file}:{line or getattr(getattr(function, '__code__', None), 'co_firstlineno', 0)}"


def _trace(error: BaseException) -> Iterator[tuple[str, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
