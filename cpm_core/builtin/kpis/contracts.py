"""Contracts: what runs on, and what is lost."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Kpi, Ratio, Settings, Text, Total, hookimpl, kpi

_YEAR = Text(en="over 365 days", zh="按 365 天")
_PERIOD = Text(en="over the period", zh="按周期")


def _window(settings: Settings) -> Text:
    """What start and end lie apart."""
    return _YEAR if settings.nrr_window == "year" else _PERIOD


@kpi(
    title={"en": "Recurring revenue (monthly)", "zh": "月度经常性收入（MRR）"},
    unit="money",
    better="higher",
    table="subscription_periods",
    at="period_start",
    stock=True,
    group="contracts",
    described_zh="周期末（未结束的周期取报告日）仍在执行的合同的月度金额合计。`started_at` ≤ 当日 < `ended_at` 即视为执行中。",
)
def recurring_revenue(subscription_periods: Any) -> Total:
    """Sum of the monthly amounts of the contracts that run at the end of the period.

    A contract's stretch runs at a day's end if `started_at` <= day < `ended_at`.
    """
    return Total(subscription_periods.monthly_amount)


@kpi(
    title={"en": "Net revenue retention", "zh": "净收入留存率（NRR）"},
    unit="percent",
    better="higher",
    table="contract_periods",
    at="period_start",
    lookback="contracts",
    says=_window,
    stock=True,
    group="contracts",
    described_zh="期初月度合同金额大于零的客户，其期末金额之和除以期初金额之和；含增购、减购与流失，不含新客户。"
    "期初为周期最后一日之前 365 天的那一日；若设 `nrr_window: period`，则为周期首日的前一日。期初无合同客户时无定义。",
)
def net_revenue_retention(contract_periods: Any) -> Ratio:
    """Recurring revenue at the end over that at the start, of customers above zero at the start.

    Growth, reduction and loss count; customers who are new do not. The start is 365 days before the
    period's last day, or with `nrr_window: period` the day before the period.
    """
    rows = contract_periods
    had = rows.amount_at_start > 0
    return Ratio(had.ifelse(rows.amount_at_end, 0), had.ifelse(rows.amount_at_start, 0))


@kpi(
    title={"en": "Gross revenue retention", "zh": "总收入留存率（GRR）"},
    unit="percent",
    better="higher",
    table="contract_periods",
    at="period_start",
    lookback="contracts",
    says=_window,
    stock=True,
    group="contracts",
    described_zh="与净收入留存率相同，但每位客户的期末金额以其期初金额为上限，因此增购不能掩盖减购与流失。",
)
def gross_revenue_retention(contract_periods: Any) -> Ratio:
    """As net revenue retention, but each customer's amount at the end counts up to that at the start.

    So growth of some cannot hide what others took away.
    """
    import ibis

    rows = contract_periods
    had = rows.amount_at_start > 0
    kept = ibis.least(rows.amount_at_end, rows.amount_at_start)
    return Ratio(had.ifelse(kept, 0), had.ifelse(rows.amount_at_start, 0))


@kpi(
    title={"en": "Contract customer retention", "zh": "合同客户留存率"},
    unit="percent",
    better="higher",
    table="contract_periods",
    at="period_start",
    lookback="contracts",
    says=_window,
    stock=True,
    group="contracts",
    described_zh="期初月度合同金额大于零的客户中，期末金额仍大于零者所占比例；期初的取法与净收入留存率相同。",
)
def logo_retention(contract_periods: Any) -> Ratio:
    """Of customers with recurring revenue at the start, the share with any at the end.

    The start is that of net revenue retention.
    """
    had = contract_periods.amount_at_start > 0
    return Ratio(had & (contract_periods.amount_at_end > 0), had)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of contracts."""
    return [recurring_revenue, net_revenue_retention, gross_revenue_retention, logo_retention]
