"""What a KPI's figure is made of that adds up over members, so that its change can be split; or why nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis.expr.operations as ops
import ibis.expr.types as ir

from cpm_core.measure import slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.shape import refs
from cpm_core.model.measures import Derived, Distinct, Formula, KpiRef, Mean, Operation, Ratio, Total
from cpm_core.model.text import Text
from cpm_core.scorecard.unexplained import UnexplainedError, unexplained
from cpm_core.tables.derive import Catalog

Terms = Mapping[KpiRef, float]
"""A weighted sum of KPIs' values."""


@dataclass(frozen=True)
class Sums:
    """What a figure is made of.

    Attributes:
        above: What its numerator adds up from; None: its own numerator.
        below: What its denominator adds up from; None: it has none, or with ``own`` its own one.
        own: Whether its own facts hold both sums (a Ratio or Mean).
    """

    above: Terms
    below: Terms | None
    own: bool = False

    @property
    def kpis(self) -> frozenset[str]:
        """The KPIs whose sums are needed."""
        return frozenset(ref.id for terms in (self.above, self.below or {}) for ref in terms)

    @property
    def year_back(self) -> bool:
        """Whether it reads the year before too."""
        return any(ref.year_back for terms in (self.above, self.below or {}) for ref in terms)


def sums_of(name: str, compiled: Mapping[str, Compiled]) -> Sums:
    """The sums that a KPI's figure is made of.

    Raises:
        MeasureError: A median, a concentration or a function of rows does not split; or the KPI derives from
            what does not add up.
    """
    measure = compiled[name].measure
    itself = {KpiRef(name): 1.0}
    if isinstance(measure, (Ratio, Mean)):
        return Sums(itself, itself, own=True)
    if isinstance(measure, (Total, Distinct)):
        return Sums(itself, None)
    if not isinstance(measure, Derived):
        raise _refused(name, type(measure).__name__)
    below = None if measure.denominator is None else _linear(measure.denominator)
    above = _linear(measure.numerator)
    bad = sorted(ref.id for ref in refs(measure) if not isinstance(compiled[ref.id].measure, (Total, Distinct)))
    if above is None or (measure.denominator is not None and below is None) or bad:
        parts = ", ".join(repr(part) for part in compiled[name].parts)
        of = _NOT_SUMS.format(parts=", ".join(bad)) if bad else _PRODUCT
        raise unexplained(f"a change of {name!r} does not split: {{reason}}", of, f"Ask for its parts: {parts}.")
    return Sums(above, below)


_MEDIAN = Text(en="a median is not made of its members' medians", zh="总体中位数不能由各成员的中位数合成")
_UNEQUAL = Text(en="how unequal a whole is cannot be told from its members", zh="总体的集中程度不能由各成员推得")
_FUNCTION = Text(
    en="it is measured by a function of its own, not as a sum", zh="该指标由自定义函数计算，不是可相加的合计"
)


_NOT_SUMS = Text(en="it derives from {parts}, which does not add up", zh="它由不可相加的 {parts} 推算而来")
_PRODUCT = Text(en="it derives from a product", zh="它由乘积推算而来")


def _refused(name: str, kind: str) -> UnexplainedError:
    what = {"Quantile": _MEDIAN, "Concentration": _UNEQUAL}.get(kind, _FUNCTION)
    fix = {
        "Concentration": "Look at who is on top: `book.customers()`, or at a KPI that adds up, such as revenue.",
    }.get(kind, f'Compare its members: `book.kpi("{name}").by(…)`, or `book.signals("{name}", slice=…)`.')
    return unexplained(f"a change of {name!r} does not split: {{reason}}", what, fix)


def _linear(formula: Formula) -> dict[KpiRef, float] | None:
    """A formula as a weighted sum of KPIs; None if it multiplies."""
    if isinstance(formula, KpiRef):
        return {formula: 1.0}
    assert isinstance(formula, Operation)
    left, right = _linear(formula.left), _linear(formula.right)
    if formula.sign == "*" or left is None or right is None:
        return None
    sign = 1.0 if formula.sign == "+" else -1.0
    return {ref: left.get(ref, 0.0) + sign * right.get(ref, 0.0) for ref in {**left, **right}}


def check_members(sums: Sums, name: str, compiled: Mapping[str, Compiled], catalog: Catalog) -> None:
    """See that nothing counts for two members of a slice.

    Raises:
        MeasureError: Different values are counted (customers, say), and one may be in several members.
    """
    if overlap := overlapping(sums, name, compiled, catalog):
        thing = overlap.removesuffix("_id")
        raise unexplained(
            f"a change of {min(sums.kpis)!r} does not split by {name!r}: {{reason}}",
            _OVERLAP.format(thing=thing),
            f"Split by an attribute of the {thing}, such as one of the {thing}s table.",
        )


_OVERLAP = Text(en="one {thing} may count for several members", zh="同一 {thing} 可能计入多个成员")


def overlapping(sums: Sums, name: str, compiled: Mapping[str, Compiled], catalog: Catalog) -> str:
    """The column of which one value may count for several members of a slice; empty if none does."""
    for kpi in sums.kpis:
        one = compiled[kpi]
        if isinstance(one.measure, Distinct):
            table, column = str(one.kpi.table), _column(one.measure)
            found = slices.resolve(name, table, catalog)
            if found is None or not column:
                return column or kpi
            # Reached over the counted column itself, or the column is there once: one value, one member.
            if found.key != column and not catalog.unique(table, column):
                return column
    return ""


def _column(measure: Distinct) -> str:
    """The column whose values are counted; empty if it is not one as it stands."""
    node = measure.value.op() if isinstance(measure.value, ir.Value) else None
    return str(node.name) if isinstance(node, ops.Field) else ""
