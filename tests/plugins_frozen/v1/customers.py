"""A profile column, a tier rule with options on it, a lifecycle rule, and an action."""

import ibis

from cpm_core.api import Action, LifecycleRule, ProfileColumn, Text, TierRule, TopShare, hookimpl

CPM_API = 1


def largest_order(orders):
    return orders.group_by("customer_id").aggregate(v1_largest_order=orders.amount.max())


def options():
    from pydantic import BaseModel, ConfigDict

    class Options(BaseModel):
        model_config = ConfigDict(extra="forbid")
        column: str = "v1_largest_order"
        vip: float = 0.1

    return Options


def value(profile, options, settings):
    return profile[options.column]


def cut(options):
    return TopShare({"VIP": options.vip, "key": 0.5})


def columns(options):
    return {("column",): options.column}


def assign(profile, options, settings):
    stage = ibis.cases(
        (profile.last_sale.isnull(), "prospect"),
        (profile.recency_days > 30, "at_risk"),
        else_="active",
    )
    return profile.select("customer_id", "recency_days", stage=stage, reason=stage)


REASONS = {
    "prospect": Text(en="no sale yet", zh="尚未购买"),
    "at_risk": Text(en="last sale {recency_days:days} ago", zh="最近一次购买距今{recency_days:,}天"),
    "active": Text(en="a sale within 30 days", zh="30 天内有购买"),
}


@hookimpl
def cpm_profile_columns():
    title = Text(en="Largest order", zh="最大订单金额")
    return [ProfileColumn(id="v1_largest_order", title=title, compute=largest_order, unit="money")]


@hookimpl
def cpm_tier_rules():
    return [
        TierRule(
            id="v1_by_largest_order",
            title=Text(en="By the largest order", zh="按最大订单金额"),
            value=value,
            cut=cut,
            options=options,
            columns=columns,
            reads=("orders",),
            value_title=Text(en="largest order", zh="最大订单金额"),
            unit="money",
        )
    ]


@hookimpl
def cpm_lifecycle_rules():
    title = Text(en="Thirty days", zh="三十天")
    return [LifecycleRule(id="v1_thirty_days", title=title, assign=assign, reasons=REASONS, reads=("orders",))]


@hookimpl
def cpm_actions():
    return [
        Action(
            id="v1_call",
            title=Text(en="Call", zh="致电"),
            when=lambda profile: profile.trailing_complaints >= 1,
            reads=("tickets",),
            stages=("active", "at_risk"),
            owner="service",
            cost=4.5,
            hours=0.5,
            saves=0.1,
        )
    ]
