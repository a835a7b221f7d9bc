"""The rows behind a figure: they add up to its numerator and denominator."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from cpm_core.measure import concentration, labels, parts, slices
from cpm_core.measure.compile import Compiled
from cpm_core.model.errors import MeasureError
from cpm_core.model.measures import Concentration, Derived, Distinct, Frame, KpiRef, Measure, Quantile, Total
from cpm_core.model.periods import Period, year_before
from cpm_core.tables.derive import Catalog

MASK = "•••"
"""Stands for a value that identifies a person."""


def rows_of(
    name: str,
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    period: Period,
    slice_name: str = "",
    member: str | None = None,
    personal: bool = False,
) -> pd.DataFrame:
    """The rows behind a figure of any KPI; of a derived one the rows of both its parts, by `kpi`.

    Of a part of the year before they are the rows of that period.

    Raises:
        MeasureError: As :func:`rows`; or the KPI derives from more than one sum or count over another.
    """
    one = compiled[name]
    if not isinstance(one.measure, Derived):
        return rows(one, catalog, period, slice_name, member, personal)
    above, below = one.measure.numerator, one.measure.denominator
    plain = [ref for ref in (above, below) if isinstance(ref, KpiRef) and _counted(ref, compiled)]
    if len(plain) != (1 if below is None else 2):
        raise MeasureError(f"{name!r} derives from {', '.join(one.parts)}", fix="Ask for the rows of those.")
    found = []
    for side, ref in zip(("numerator", "denominator"), plain, strict=False):
        when = year_before(period, catalog.settings.period, catalog.settings.year_starts) if ref.year_back else period
        part = rows(compiled[ref.id], catalog, when, slice_name, member, personal)
        part = part.rename(columns={"numerator": "_adds"}).drop(columns="denominator")
        part[["numerator", "denominator"]] = float("nan")
        part[side] = part.pop("_adds")
        part.insert(0, "kpi", ref.id)
        found.append(part)
    return pd.concat(found, ignore_index=True)


def _counted(ref: KpiRef, compiled: Mapping[str, Compiled]) -> bool:
    """Whether rows add up to a part's value, and not to its numerator alone."""
    return isinstance(compiled[ref.id].measure, (Total, Distinct))


def rows(
    compiled: Compiled,
    catalog: Catalog,
    period: Period,
    slice_name: str = "",
    member: str | None = None,
    personal: bool = False,
) -> pd.DataFrame:
    """The rows of a KPI's table that count in one period and member.

    Returns:
        The table's columns, then `numerator` and `denominator`: what each row adds to the fact's; with
        a slice and no member the rows of all members, and the column `member`.
        Of a Distinct the first row of each value adds 1, the others 0; of a Quantile each row adds
        1 to the denominator and an event 1 to the numerator; of a Concentration what its rank gives it.
        Of a Frame both are empty.

    Raises:
        MeasureError: The KPI cannot be measured, or cannot reach the slice.
    """
    kpi, measure = compiled.kpi, compiled.measure
    if measure is None or kpi.table is None or compiled.missing:
        why = compiled.missing.en if compiled.missing else compiled.failure or "it derives from other KPIs"
        raise MeasureError(f"there are no rows of {kpi.id!r}: {why}")
    table = catalog.unbound(kpi.table)
    num, den, counts = _row_values(measure)
    at = table[str(kpi.at)]
    inside = (at >= period.start) & (at < period.end)
    # As a column first: a condition that ranks rows (each customer's last answer) is no filter on every engine.
    marked = table.mutate(numerator=num, denominator=den, counts_=counts.fill_null(False))
    found = marked.filter(inside, marked.counts_).drop("counts_")
    if slice_name:
        where = slices.resolve(slice_name, kpi.table, catalog)
        if where is None:
            raise MeasureError(
                f"KPI {kpi.id!r} cannot reach the slice {slice_name!r}",
                fix=f"{kpi.table} needs the column itself, or the key of one row of the table that has it.",
            )
        found = _sliced(found, where, period, catalog)
    if isinstance(measure, Concentration):
        # A rank depends on the member, so rows are weighed when members are known.
        within = ["slice_0"] if slice_name else []
        weighed = concentration.weighed(found, measure, "numerator", "denominator", within)
        floats = {"numerator": weighed.num.cast(dt.float64), "denominator": weighed.den.cast(dt.float64)}
        found = weighed.mutate(**floats).drop("num", "den", "counts")
    if slice_name and member is not None:
        found = found.filter(found["slice_0"] == member)
    frame = catalog.engine.frame(found.order_by(list(catalog.key(kpi.table))))
    if isinstance(measure, Distinct):
        # Which row of a customer counts depends on the member, so it is marked after the cut.
        within = ["slice_0", "numerator"] if slice_name else ["numerator"]
        frame["numerator"] = (~frame.duplicated(within)).astype("float64")
    if slice_name:
        of_all = frame.pop("slice_0")
        frame = frame if member is not None else frame.assign(member=of_all)
    return _masked(frame, catalog.personal(kpi.table), personal)


def _sliced(found: ir.Table, where: slices.Resolved, period: Period, catalog: Catalog) -> ir.Table:
    """Add `slice_0`.

    Raises:
        MeasureError: A join would multiply rows; or it is a label, and nobody is labelled before the period.
    """
    if not where.is_label:
        slices.check_unique((where,), catalog)
        return slices.joined(found, (where,), catalog)
    labels.check(where.name, (period,), catalog)
    dated = found.mutate(period_start=ibis.literal(period.start))
    return slices.joined(dated, (where,), catalog).select(*found.columns, "slice_0")


def _row_values(
    measure: Measure,
) -> tuple[ir.Value, ir.Value, ir.BooleanValue]:
    nothing = ibis.null(dt.float64)
    if isinstance(measure, Frame):
        return nothing, nothing, ibis.literal(True) if measure.where is None else measure.where
    if isinstance(measure, Concentration):
        return measure.value, measure.tie, concentration.counted(measure)
    if isinstance(measure, Distinct):
        counts = measure.value.notnull()
        return measure.value, nothing, counts if measure.where is None else counts & measure.where
    if isinstance(measure, Quantile):
        counts = measure.time.notnull()
        one = ibis.literal(1.0)
        event = measure.event.fill_null(False).cast(dt.float64)
        return event, one, counts if measure.where is None else counts & measure.where
    num, den, counts = parts.row_values(measure)
    return num.cast(dt.float64), nothing if isinstance(measure, Total) else den.cast(dt.float64), counts


def _masked(frame: pd.DataFrame, columns: set[str], shown: bool) -> pd.DataFrame:
    for name in () if shown else columns & set(frame.columns):
        frame[name] = frame[name].where(frame[name].isna(), MASK)
    return frame
