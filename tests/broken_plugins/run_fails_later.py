"""A KPI that fails when its query runs, and one that derives from it."""

from cpm_core.api import Derived, Total, hookimpl, kpi

WORDS = {"unit": "count", "better": "higher"}


@kpi(table="orders", at="ordered_at", title={"en": "As numbers", "zh": "转为数字"}, **WORDS)
def as_numbers(orders):  # <- here
    """An order's kind is no number."""
    return Total(orders.kind.cast("int64"))


@kpi(title={"en": "After it", "zh": "其后"}, **WORDS)
def after_it(as_numbers, orders):
    """Derives from what fails."""
    return Derived(as_numbers, orders)


@hookimpl
def cpm_kpis():
    return [as_numbers, after_it]
