"""Loyalty programme: points that are used, and points that are owed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cpm_core.api import Aside, Kpi, Ratio, Settings, Text, Total, hookimpl, kpi

_BEFORE = Text(
    en="before breakage: on {value} points, as if every one of them were redeemed",
    zh="未扣除预计失效：按 {value} 积分全部兑换计",
)
_AFTER = Text(
    en="on {value} points, less the share of {breakage} that is expected never to be redeemed",
    zh="按 {value} 积分计，已扣除预计不会兑换的 {breakage}",
)
_FACTOR = "decimal(18, 8)"


@kpi(
    title={"en": "Points redeemed (year)", "zh": "积分兑换率（近一年）"},
    unit="percent",
    better="neither",
    table="points_periods",
    at="period_start",
    lookback="trailing_year",
    stock=True,
    group="loyalty",
    described_zh="截至周期末的 365 天内，兑换积分除以获得积分。到期失效与人工调整的积分不计入。",
)
def points_redemption_rate(points_periods: Any) -> Ratio:
    """Points redeemed over points earned in the 365 days that end with the period.

    Points that expire or are adjusted count in neither.
    """
    return Ratio(points_periods.trailing_redeemed, points_periods.trailing_earned)


@kpi(
    title={"en": "Value of unredeemed points", "zh": "未兑换积分价值"},
    unit="money",
    better="neither",
    table="points_periods",
    at="period_start",
    stock=True,
    group="loyalty",
    needs=("point_value",),
    described_zh="周期末各会员积分余额之和（负余额按零计）× `point_value` ×（1 − `breakage`）。"
    "`breakage` 为预计永不兑换的比例；为 0 时即未扣除预计失效的金额，不是会计准备金。",
)
def points_liability(points_periods: Any, settings: Settings) -> Total:
    """Sum of members' balances at the period's end (none below zero) x `point_value` x (1 - `breakage`).

    With a `breakage` of 0 it is the amount before breakage: as if every point were redeemed.
    """
    import ibis

    # A float of the params is meant as it is written: 0.01 is one cent, and not the binary number next to it.
    value = Decimal(str(settings.point_value)) * (1 - Decimal(str(settings.breakage)))
    balance = points_periods.balance
    owed = balance > 0
    words = _AFTER.format(breakage=f"{settings.breakage:.1%}", value="{value}") if settings.breakage else _BEFORE
    factor = ibis.literal(value.quantize(Decimal("1E-8")), type=_FACTOR)
    return Total(balance * factor, where=owed, aside=Aside(owed.ifelse(balance, 0), words))


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of the loyalty programme."""
    return [points_redemption_rate, points_liability]
