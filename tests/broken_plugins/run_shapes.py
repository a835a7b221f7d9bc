"""KPIs that return something else than a measure of their table's columns."""

import ibis

from cpm_core.api import Derived, Mean, Ratio, Total, hookimpl, kpi

WORDS = {"table": "orders", "at": "ordered_at", "unit": "count", "better": "higher"}
MADE = []


def case(function):
    """A KPI of a function, named as it is."""
    MADE.append(kpi(title={"en": function.__name__, "zh": function.__name__}, **WORDS)(function))
    return function


@case
def a_number(orders):
    return 7


@case
def a_list(orders):
    return [Total(orders.amount)]


@case
def a_table(orders):
    return orders.aggregate(revenue=orders.amount.sum())


@case
def a_column(orders):
    return orders.amount


@case
def a_derived(orders):
    return Derived(numerator=__import__("cpm_core.api").api.KpiRef("revenue"))


@case
def of_tables(orders):
    return Ratio(orders.filter(orders.kind == "return"), orders)


@case
def of_text(orders):
    return Total(orders.kind)


@case
def of_no_condition(orders):
    return Total(orders.amount, where=orders.kind)


@case
def of_an_aggregate(orders):
    return Mean(orders.amount.mean())


@case
def of_a_window(orders):
    return Total(orders.ordered_at > orders.ordered_at.min().over(group_by=orders.customer_id))


@case
def of_filtered_rows(orders):
    return Total(orders.filter(orders.kind == "sale").amount)


@case
def of_rows_of_its_own(orders):
    return Total(ibis.memtable({"amount": [1, 2]}).amount)


@case
def of_a_connection(orders):
    return Total(ibis.duckdb.connect().create_table("rates", {"rate": [1.1]}).rate)


@case
def of_a_name(orders):
    return Total("amount")


@case
def of_a_strange_cluster(orders):
    return Mean(orders.amount, cluster="customer")


@kpi(title={"en": "of another table", "zh": "of another table"}, **WORDS)
def of_another_table(orders, surveys):
    """Mixes two tables."""
    return Total(surveys.score)


@hookimpl
def cpm_kpis():
    return [*MADE, of_another_table]
