"""The figures of KPIs on the kept tiny book, in one small query each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cpm_core.checks.plugins.light import LightEngine
from cpm_core.measure import concentration, parts
from cpm_core.measure.compile import Compiled
from cpm_core.measure.complete import Completeness, completeness
from cpm_core.model.measures import (
    Aside,
    Concentration,
    Derived,
    Distinct,
    KpiRef,
    Mean,
    Measure,
    Operation,
    Ratio,
    Total,
)
from cpm_core.model.periods import Period, start_of, year_before
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir

Sums = Mapping[str, Any]
"""`num`, `den` and `n` of one period, and what is summed aside."""


class SlowError(Exception):
    """A measure that a small query does not give: a quantile with censoring, a pandas function."""


@dataclass(frozen=True)
class Figure:
    """One figure; None where there is none, and ``state`` says why."""

    value: float | None
    rows: int | None
    """Rows that count; None of a KPI that derives from others."""
    state: str = "ok"
    why: str = ""


class Figures:
    """Figures of compiled KPIs in total, by period; each KPI is asked for once.

    Args:
        compiled: The KPIs, and all that they derive from.
        catalog: The tables.
        engine: Where they are.
    """

    def __init__(self, compiled: Mapping[str, Compiled], catalog: Catalog, engine: LightEngine) -> None:
        self.compiled, self._catalog, self._engine = compiled, catalog, engine
        self._sums: dict[str, Mapping[Any, Sums]] = {}

    @staticmethod
    def is_quick(measure: Measure) -> bool:
        """Whether a small query gives a measure."""
        return isinstance(measure, (Total, Ratio, Mean, Distinct, Concentration))

    def of(self, name: str, period: Period) -> Figure:
        """The figure of a KPI in a period.

        Raises:
            SlowError: It takes more than a small query.
        """
        one = self.compiled[name]
        if one.missing is not None:
            return Figure(None, None, "no data", one.missing.en)
        if isinstance(one.measure, Derived):
            return self._derived(one.measure, period)
        found = self._summed(name).get(period.start, {})
        judged = self._judged(one, period)
        if not judged.measurable:
            return Figure(None, int(found.get("n") or 0), "no data", judged.reason.en if judged.reason else "")
        return _figure(one.measure, found)

    def _summed(self, name: str) -> Mapping[Any, Sums]:
        if name not in self._sums:
            one = self.compiled[name]
            asked = summed(one, self._catalog)
            columns = asked.columns
            rows = [dict(zip(columns, row, strict=True)) for row in self._engine.rows(asked)]
            self._sums[name] = {_day(row["period_start"]): row for row in rows}
        return self._sums[name]

    def _judged(self, one: Compiled, period: Period) -> Completeness:
        stats = self._catalog.prepared.tables
        tables = [stats[name] for name in one.reads if name in stats]
        return completeness(one.kpi, period, tables, self._catalog.settings)

    def _derived(self, measure: Derived, period: Period) -> Figure:
        above = self._formula(measure.numerator, period)
        below = None if measure.denominator is None else self._formula(measure.denominator, period)
        if above is None or (measure.denominator is not None and below is None):
            return Figure(None, None, "no data")
        if below is None:
            return Figure(above + measure.plus, None)
        return Figure(above / below + measure.plus, None) if below > 0 else Figure(None, None, "undefined")

    def _formula(self, formula: object, period: Period) -> float | None:
        if isinstance(formula, KpiRef):
            settings = self._catalog.settings
            back = year_before(period, settings.period, settings.year_starts) if formula.year_back else period
            return self.of(formula.id, back).value
        assert isinstance(formula, Operation)
        left, right = self._formula(formula.left, period), self._formula(formula.right, period)
        if left is None or right is None:
            return None
        return left + right if formula.sign == "+" else left - right if formula.sign == "-" else left * right


def summed(one: Compiled, catalog: Catalog) -> ir.Table:
    """One row a period: what a KPI's measure sums, as `num`, `den`, `n` and what is told aside.

    Raises:
        SlowError: It is no measure of sums.
    """
    measure, settings = one.measure, catalog.settings
    assert one.kpi.table is not None
    table = catalog.unbound(one.kpi.table)
    start = start_of(table[str(one.kpi.at)], settings.period, settings.year_starts)
    at = table[str(one.kpi.at)]
    inside = (at >= catalog.periods[0].start) & (at < catalog.periods[-1].end)
    rows = table.filter(inside).mutate(period_start=start, **_values(measure))
    if isinstance(measure, Distinct):
        grouped = rows.group_by("period_start")
        return grouped.aggregate(num=rows.k_value.nunique(), den=rows.k_value.count() * 0, n=rows.k_value.count())
    if isinstance(measure, Concentration):
        rows = concentration.weighed(rows, measure, "k_value", "k_tie", ["period_start"])
        return rows.group_by("period_start").aggregate(num=rows.num.sum(), den=rows.den.sum(), n=rows.counts.sum())
    told = {name: rows[f"k_{name}"].sum() for name in parts.aside_values(_additive(measure))}
    sums = {"num": rows.k_num.sum(), "den": rows.k_den.sum(), "n": rows.k_n.sum(), **told}
    return rows.group_by("period_start").aggregate(**sums)


def _values(measure: Measure | None) -> dict[str, ir.Value]:
    if isinstance(measure, Distinct):
        value = measure.value
        return {"k_value": value if measure.where is None else measure.where.ifelse(value, None)}
    if isinstance(measure, Concentration):
        return {"k_value": concentration.counted(measure).ifelse(measure.value, None), "k_tie": measure.tie}
    num, den, counts = parts.row_values(_additive(measure))
    aside = {f"k_{name}": value for name, value in parts.aside_values(_additive(measure)).items()}
    return {"k_num": num, "k_den": den, "k_n": counts, **aside}


def _additive(measure: Measure | None) -> Total | Ratio | Mean:
    if isinstance(measure, (Total, Ratio, Mean)):
        return measure
    raise SlowError(type(measure).__name__)


def _figure(measure: Measure | None, found: Sums) -> Figure:
    """A value of sums; without rows a count is 0, and a ratio undefined."""
    rows = int(found.get("n") or 0)
    if isinstance(measure, (Total, Distinct)):
        return Figure(float(found.get("num") or 0), rows)
    den = float(found.get("den") or 0)
    if _uncovered(getattr(measure, "aside", None), found):
        return Figure(None, rows, "no data")
    return Figure(float(found["num"]) / den, rows) if den > 0 else Figure(None, rows, "undefined")


def _uncovered(aside: Aside | None, found: Sums) -> bool:
    """Whether too little is covered by what a figure rests on."""
    if aside is None or aside.at_least is None or not found.get("aside_of"):
        return False
    return bool(float(found["aside"] or 0) / float(found["aside_of"]) < aside.at_least)


def _day(start: Any) -> Any:
    return start.date() if hasattr(start, "date") else start
