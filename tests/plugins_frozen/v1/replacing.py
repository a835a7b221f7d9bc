"""A KPI that takes the place of a built-in's."""

from cpm_core.api import Total, hookimpl, kpi

CPM_API = 1


@kpi(
    table="orders",
    at="ordered_at",
    unit="money",
    better="higher",
    title={"en": "Gross sales (ours)", "zh": "销售总额（自定义）"},
    group="sales",
    replaces="builtin.kpis.sales",
)
def gross_sales(orders):
    """Amounts of sales above 50."""
    return Total(orders.amount, where=orders.amount > 50)


@hookimpl
def cpm_kpis():
    return [gross_sales]
