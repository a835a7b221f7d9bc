"""Columns of the profile of which one raises, one has a customer twice, and one is fine."""

from cpm_core.api import ProfileColumn, Text, hookimpl


def raising(orders):
    return orders.group_by("customer_id").aggregate(raising=orders.margn.sum())  # <- raising


def doubled(orders):  # <- doubled
    return orders.select("customer_id", doubled=orders.amount)


def largest_order(orders):
    return orders.group_by("customer_id").aggregate(largest_order=orders.amount.max())


def column(function):
    return ProfileColumn(function.__name__, Text(en=function.__name__, zh=function.__name__), function)


@hookimpl
def cpm_profile_columns():
    return [column(raising), column(doubled), column(largest_order)]
