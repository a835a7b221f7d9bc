"""Try KPIs and tables: compile them for each engine, and run them on the tiny book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cpm_core.checks.plugins.figures import Figure, Figures, SlowError, summed
from cpm_core.checks.plugins.found import Line, problem_of
from cpm_core.checks.plugins.trial import Trial, lacking
from cpm_core.engine.limits import failure_of
from cpm_core.hooks.registry import Provided
from cpm_core.measure.compile import Compiled, compile_kpis
from cpm_core.model.errors import MeasureError, Problem
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Derived
from cpm_core.model.tables import DerivedTable, TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir

_STATES = {
    "no data": "no data in {period}: {why}",
    "undefined": "undefined in {period}: nothing to divide by",
}


def kpis(trial: Trial) -> Iterator[Line]:
    """A line a KPI of the plugin."""
    own: Mapping[str, Provided[Kpi]] = trial.own(trial.registry.kpis)
    if not own:
        return
    try:
        compiled = compile_kpis(trial.registry, trial.catalog, trial.settings, own)
    except MeasureError as error:  # one derives from itself: none of them can be told apart
        for provided in own.values():
            yield _line(provided, problem=error.problems[0])
        return
    figures = Figures(compiled, trial.catalog, trial.engine)
    slow = [name for name in own if _is_slow(name, compiled)]
    whole = _whole(trial, slow)
    for name, provided in own.items():
        yield _kpi(trial, provided, compiled[name], figures, whole)


def _is_slow(name: str, compiled: Mapping[str, Compiled]) -> bool:
    """Whether a KPI, or one that it derives from, takes more than a small query."""
    one = compiled[name]
    if one.measure is None or one.missing:
        return False
    if isinstance(one.measure, Derived):
        return any(_is_slow(part, compiled) for part in one.parts)
    return not Figures.is_quick(one.measure)


def _whole(trial: Trial, names: Sequence[str]) -> Mapping[str, Figure]:
    """Figures of the workbook itself, for what a small query does not give."""
    if not names:
        return {}
    from cpm_core.testing import tiny_book

    book = tiny_book(trial.plugin, strict=False, kpis=list(names))
    try:
        facts = book.facts()
    finally:
        book.close()
    facts = facts[(facts["slice"] == "") & (facts["period"] == trial.book.periods[-1].label)]
    found = {}
    for row in facts.to_dict("records"):
        value = None if row["value"] != row["value"] else float(row["value"])
        rows = None if row["n"] != row["n"] else int(row["n"])
        found[str(row["kpi"])] = Figure(value, rows, str(row["state"]), str(row["reason"]))
    return found


def _kpi(trial: Trial, provided: Provided[Kpi], one: Compiled, figures: Figures, whole: Mapping[str, Figure]) -> Line:
    if (wrong := _wrong(one, figures.compiled)) is not None:
        return _line(provided, problem=wrong)
    if one.missing is not None:
        return _line(provided, told=f"the tiny book cannot measure it: {one.missing.en}")
    lacks = lacking(_expressions(one, trial))
    try:
        with trial.engine.limited(trial.limits.query):
            name, period = provided.item.id, trial.book.periods[-1]
            figure = whole[name] if name in whole else figures.of(name, period)
    except Exception as error:  # noqa: BLE001  # whatever an engine raises of the plugin's expression
        return _line(provided, problem=problem_of(failure_of(error, provided.where)), lacking=lacks)
    if figure.state == "failed":
        return _line(provided, problem=Problem(figure.why, provided.where), lacking=lacks)
    told = _told(figure, period.label)
    return _line(provided, told=told, lacking=lacks, figure=figure.value)


def _wrong(one: Compiled, compiled: Mapping[str, Compiled]) -> Problem | None:
    """Why a KPI cannot be measured at all."""
    if one.failed is not None:
        return problem_of(one.failed)
    if one.blocked is not None:
        return Problem(one.blocked.en, one.provided.where)
    guilty = _guilty(one, compiled)
    if guilty is None:
        return None
    what = f"it derives from {guilty.kpi.id!r}, which fails: {guilty.failure}"
    return Problem(what, one.provided.where, fix=f"Mend {guilty.kpi.id!r}.")


def _guilty(one: Compiled, compiled: Mapping[str, Compiled]) -> Compiled | None:
    """The KPI that fails of those that one derives from, if any does."""
    for part in (compiled[name] for name in one.parts):
        found = part if part.failure else _guilty(part, compiled)
        if found is not None:
            return found
    return None


def _expressions(one: Compiled, trial: Trial) -> list[ir.Table]:
    """What an engine runs of a KPI: its sums, and the tables of the plugin that it is on."""
    if one.measure is None or isinstance(one.measure, Derived):
        return []
    try:
        found = [summed(one, trial.catalog)]
    except SlowError:
        found = [value.as_table() for value in _values(one.measure)]
    table = str(one.kpi.table)
    own = trial.own(trial.registry.derived)
    return [*found, *([trial.catalog.expression(table, trial.settings)] if table in own else [])]


def _values(measure: Any) -> list[Any]:
    import ibis.expr.types as ir

    parts = [part for value in vars(measure).values() for part in (value if isinstance(value, tuple) else (value,))]
    return [part for part in parts if isinstance(part, ir.Value)]


def _told(figure: Figure, period: str) -> str:
    if figure.value is None:
        return _STATES.get(figure.state, "{why} in {period}").format(period=period, why=figure.why or figure.state)
    rows = "" if figure.rows is None else f" ({figure.rows} rows)" if figure.rows != 1 else " (1 row)"
    return f"{figure.value:,.10g} in {period}{rows}"


def _line(provided: Provided[Kpi], **found: Any) -> Line:
    return Line("KPI", provided.item.id, provided.item.title, provided.where, **found)


def tables(trial: Trial) -> Iterator[Line]:
    """A line a table of the plugin: base ones are validated, derived ones are built."""
    specs: Mapping[str, Provided[TableSpec]] = trial.own(trial.registry.tables)
    for one in specs.values():
        spec = one.item
        yield Line("table", spec.id, spec.title, one.where, f"{len(spec.columns)} columns; a source has to deliver it")
    derived: Mapping[str, Provided[DerivedTable]] = trial.own(trial.registry.derived)
    for provided in derived.values():
        yield _table(trial, provided)


def _table(trial: Trial, provided: Provided[DerivedTable]) -> Line:
    item, catalog = provided.item, trial.catalog
    said = ("derived table", item.id, item.title, provided.where)
    if gone := catalog.missing(item.id):
        return Line(*said, told=f"the tiny book cannot make it: table {gone} is not delivered")
    broken = catalog.broken(item.id)
    if broken is not None:
        return Line(*said, problem=problem_of(broken.failure))
    table = catalog.unbound(item.id)
    by_key = table.group_by(list(item.key)).aggregate(rows=table.count())
    rows, keys = trial.engine.rows(by_key.aggregate(rows=by_key.rows.sum().coalesce(0), keys=by_key.count()))[0]
    lacks = lacking([catalog.expression(item.id, trial.settings)])
    if rows > keys:
        what = f"{rows} rows have {keys} keys ({', '.join(item.key)}), and a key is of one row"
        return Line(*said, problem=Problem(what, provided.where, fix="Aggregate the table, or name a longer key."))
    return Line(*said, told=f"{rows} rows of {len(table.columns)} columns", lacking=lacks, figure=float(rows))
