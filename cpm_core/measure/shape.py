"""Whether what a KPI's function returned is a measure of its table's columns; if not, what to return instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

from cpm_core.hooks.isolation import UnfitError
from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Aside, Derived, Formula, Frame, KpiRef, Measure, Operation
from cpm_core.model.names import nearest
from cpm_core.model.text import Text

_NO_MEASURE = Text(en="returned {what}, not a measure", zh="返回的是{what}，而不是度量")
_WHAT: Mapping[str, Text] = {
    "nothing": Text(en="nothing", zh="空值"),
    "table": Text(en="a table", zh="数据表"),
    "column": Text(en="a column", zh="列表达式"),
    "number": Text(en="a number", zh="数字"),
    "other": Text(en="a {kind}", zh="{kind}"),
}
_RETURN = "Return a Total, Ratio, Mean, Quantile, Distinct, Concentration or Frame of cpm_core.api."
_OF_KPIS = Text(en="returned a Derived, and it is a KPI on a table", zh="返回了 Derived，但该指标基于数据表")
_OF_ROWS = Text(en="returned a {kind}, and it derives from other KPIs", zh="返回了 {kind}，但该指标由其他指标推导而来")
_STRANGE_REF = Text(en="derives from {name!r}, which is none of its arguments", zh="引用了不在其参数中的 {name!r}")
_IS_TABLE = Text(en="its {field} is a table, not a column", zh="其 {field} 是数据表，而不是列")
_NO_COLUMN = Text(en="its {field} is {what}, not a column of its table", zh="其 {field} 是{what}，而不是该表的列")
_BOUND = Text(
    en="its {field} reads a table of a connection, {name!r}", zh="其 {field} 读取了某个数据库连接中的表 {name!r}"
)
_CARRIED = Text(en="its {field} brings rows of its own (a memtable)", zh="其 {field} 自带数据行（memtable）")
_FOREIGN = Text(
    en="its {field} is of the table {name!r}, and the KPI is on {table!r}",
    zh="其 {field} 来自数据表 {name!r}，而该指标基于 {table!r}",
)
_REBUILT = Text(
    en="its {field} is of rows that were filtered, joined or built anew, not of {table!r} as it was given",
    zh="其 {field} 来自经过筛选、连接或重建的行，而不是给定的 {table!r}",
)
_AGGREGATE = Text(
    en="its {field} is an aggregate, and the value of a row is wanted", zh="其 {field} 是聚合值，而此处需要每行的值"
)
_WINDOW = Text(
    en="its {field} has a window function over more than a period, and sees the rows of the measured periods alone",
    zh="其 {field} 的窗口函数跨越多个期间，而它只能看到所计算期间内的行",
)
_TYPE = Text(en="its {field} is {kind}, and {wanted} is wanted", zh="其 {field} 的类型是 {kind}，而此处需要{wanted}")
_NUMBER = Text(en="a number or a yes/no", zh="数值或布尔值")
_YES_NO = Text(en="a yes/no", zh="布尔值")
_NO_CLUSTER = Text(en="its cluster {name!r} is no column of {table!r}", zh="其 cluster {name!r} 不是 {table!r} 的列")

_ANY, _NUMERIC, _BOOLEAN = "any", "numeric", "boolean"
_KINDS: Mapping[str, str] = {
    "where": _BOOLEAN,
    "event": _BOOLEAN,
    "tie": _ANY,
    "Distinct.value": _ANY,
}
"""What a field of a measure must be; all others are numeric. By its name, or by the measure's and its name."""
_EXPRESSIONS = ("value", "where", "numerator", "denominator", "time", "event", "tie", "columns", "aside")
_PLAIN = (int, float)
"""Constants that may stand for a number: True is 1."""


def check(measure: object, item: Kpi, table: ir.Table | None) -> None:
    """See that a measure fits its KPI.

    Args:
        measure: What the function returned.
        item: The KPI.
        table: Its unbound table; None for a KPI that derives from others.

    Raises:
        UnfitError: What is wrong first.
    """
    if not isinstance(measure, Measure):
        raise UnfitError(_NO_MEASURE.format(what=_what(measure)), fix=_RETURN)
    if table is None:
        _check_derived(measure, item)
        return
    if isinstance(measure, Derived):
        raise UnfitError(_OF_KPIS, fix="Take `table` and `at` out, or return a Total, Ratio or Mean of its columns.")
    for name, value in _values(measure):
        _check_value(name, value, _kind(measure, name), table)
        _check_windows(name, value, item, table)
    cluster = getattr(measure, "cluster", None)
    if cluster is not None and cluster not in table.columns:
        words = _NO_CLUSTER.format(name=cluster, table=table.get_name())
        raise UnfitError(words, nearest(str(cluster), table.columns), "Name a column as text.")


def _what(value: object) -> Text:
    if value is None:
        return _WHAT["nothing"]
    if isinstance(value, ir.Table):
        return _WHAT["table"]
    if isinstance(value, ir.Value):
        return _WHAT["column"]
    if isinstance(value, _PLAIN):
        return _WHAT["number"]
    return _WHAT["other"].format(kind=type(value).__name__)


def _check_derived(measure: Measure, item: Kpi) -> None:
    if not isinstance(measure, Derived):
        words = _OF_ROWS.format(kind=type(measure).__name__)
        raise UnfitError(words, fix="Return a Derived of its arguments, or name its `table` and `at`.")
    for ref in refs(measure):
        if ref.id not in item.arguments:
            raise UnfitError(_STRANGE_REF.format(name=ref.id), nearest(ref.id, item.arguments), "Make it an argument.")


def refs(formula: object) -> set[KpiRef]:
    """The KPIs that a formula names."""
    if isinstance(formula, KpiRef):
        return {formula}
    if isinstance(formula, Operation):
        return refs(formula.left) | refs(formula.right)
    if isinstance(formula, Derived):
        return refs(formula.numerator) | refs(formula.denominator)
    return set()


def _values(measure: Measure) -> Iterator[tuple[str, Any]]:
    """The expressions of a measure by what they are called, those that are left out not."""
    for field in fields(measure):
        value = getattr(measure, field.name)
        if field.name not in _EXPRESSIONS or value is None:
            continue
        if isinstance(value, Aside):
            yield "aside", value.value
            yield from [("aside", value.of)] if value.of is not None else []
        elif isinstance(value, tuple):
            yield from (("column", one) for one in value)
        else:
            yield field.name, value


def _kind(measure: Measure, name: str) -> str:
    if isinstance(measure, Frame) and name == "column":
        return _ANY
    return _KINDS.get(f"{type(measure).__name__}.{name}", _KINDS.get(name, _NUMERIC))


def _check_value(name: str, value: object, kind: str, table: ir.Table) -> None:
    if kind == _NUMERIC and isinstance(value, _PLAIN):
        return
    if isinstance(value, ir.Table):
        fix = f"Name a column of it, as {table.get_name()}.{table.columns[0]}."
        raise UnfitError(_IS_TABLE.format(field=name), fix=fix)
    if not isinstance(value, ir.Value):
        words = _NO_COLUMN.format(field=name, what=_formula(value))
        raise UnfitError(words, fix=f"Write an expression on the argument {table.get_name()!r}.")
    _check_source(name, value, table)
    _check_type(name, value, kind)


def _formula(value: object) -> Text:
    kind = type(value).__name__
    return Text(en="a KPI", zh="指标") if isinstance(value, Formula) else _WHAT["other"].format(kind=kind)


def _check_source(name: str, value: ir.Value, table: ir.Table) -> None:
    """See that a value is made of the KPI's own table, row by row."""
    own = table.op()
    for held in value.op().find((ops.PhysicalTable, ops.SQLQueryResult)):
        if isinstance(held, ops.InMemoryTable):
            raise UnfitError(_CARRIED.format(field=name), fix="Deliver the rows by a source, as a table.")
        if not isinstance(held, ops.UnboundTable):
            words = _BOUND.format(field=name, name=getattr(held, "name", "…"))
            raise UnfitError(words, fix="Ask for a table by an argument of its name.")
    for relation in value.op().relations:
        if relation == own:
            continue
        if isinstance(relation, ops.UnboundTable):
            words = _FOREIGN.format(field=name, name=relation.name, table=own.name)
            raise UnfitError(words, fix="Join the two in a derived table, and put the KPI on that.")
        fix = "Put conditions into `where`; make what needs a join a derived table."
        raise UnfitError(_REBUILT.format(field=name, table=own.name), fix=fix)
    if value.op().relations and value.op().shape.is_scalar():
        raise UnfitError(_AGGREGATE.format(field=name), fix="Leave the aggregation out: the measure itself sums up.")


def _check_windows(name: str, value: object, item: Kpi, table: ir.Table) -> None:
    """See that no window reaches beyond a period: what is measured are the rows of some periods, and not always as many."""
    if not isinstance(value, ir.Value):
        return
    for window in value.op().find(ops.WindowFunction):
        named = [{field.name for field in one.find(ops.Field)} for one in window.group_by]
        if {item.at} not in named:
            start = f"start_of({table.get_name()}.{item.at}, settings.period, settings.year_starts)"
            fix = f"Group the window by {start} too; what looks further back belongs into a derived table."
            raise UnfitError(_WINDOW.format(field=name), fix=fix)


def _check_type(name: str, value: ir.Value, kind: str) -> None:
    found = value.type()
    fits = found.is_null() or kind == _ANY or found.is_boolean() or (kind == _NUMERIC and found.is_numeric())
    if not fits:
        wanted = _NUMBER if kind == _NUMERIC else _YES_NO
        raise UnfitError(_TYPE.format(field=name, kind=found, wanted=wanted))
