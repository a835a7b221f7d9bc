"""Service: what customers ask for, and how long they wait."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Kpi, Quantile, Ratio, Total, hookimpl, kpi


@kpi(
    title={"en": "Tickets", "zh": "工单数"},
    unit="count",
    better="lower",
    table="tickets",
    at="opened_at",
    group="service",
)
def tickets(tickets: Any) -> Total:
    """Tickets opened."""
    return Total(tickets.ticket_id.notnull())


@kpi(
    title={"en": "Complaints per customer served", "zh": "投诉率（按服务客户）"},
    unit="percent",
    better="lower",
    table="customer_periods",
    at="period_start",
    reads=("tickets",),
    group="service",
)
def complaint_rate(customer_periods: Any) -> Ratio:
    """Complaints opened over customers served: with a sale, a running contract or a ticket in the period."""
    return Ratio(customer_periods.complaints, customer_periods.served)


@kpi(
    title={"en": "Time to first response (median)", "zh": "首次响应时长（中位数）"},
    unit="hours",
    better="lower",
    table="ticket_times",
    at="opened_at",
    group="service",
    optional=("tickets.closed_at",),
)
def first_response_hours(ticket_times: Any) -> Quantile:
    """Median hours from opening to first response (Kaplan and Meier 1958): those waiting are censored, not dropped."""
    return Quantile(ticket_times.response_hours, event=ticket_times.responded)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of service."""
    return [tickets, complaint_rate, first_response_hours]
