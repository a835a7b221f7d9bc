"""A KPI whose expression is fine, and whose query never ends; and a table like it."""

from functools import reduce

from cpm_core.api import Total, hookimpl, kpi, table


def pairs(orders):
    """Every order beside every other, thirty times over."""
    many = [orders.select(**{f"amount_{i}": orders.amount}).view() for i in range(30)]
    return reduce(lambda all_, one: all_.cross_join(one), many)


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Pairs", "zh": "组合"})
def endless_pairs(orders):  # <- kpi
    """More than the stars."""
    every = pairs(orders)
    return Total(orders.amount * every.filter(every.amount_0 + every.amount_29 > 0).count().as_scalar())


@table(title={"en": "Pairs", "zh": "组合"}, key=("order_id",), at="ordered_at")
def all_pairs(orders):  # <- table
    """Orders and how many pairs there are."""
    every = pairs(orders)
    return orders.mutate(pairs=every.filter(every.amount_0 + every.amount_29 > 0).count().as_scalar())


@kpi(table="all_pairs", at="ordered_at", unit="count", better="higher", title={"en": "Of pairs", "zh": "组合数"})
def of_pairs(all_pairs):
    """On a table that is never there."""
    return Total(all_pairs.pairs)


@hookimpl
def cpm_tables():
    return [all_pairs]


@hookimpl
def cpm_kpis():
    return [endless_pairs, of_pairs]
