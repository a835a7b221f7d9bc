"""Service: what customers ask for, how long they wait, and what stays open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpm_core.api import DEFAULT_PRIORITY, Aside, Kpi, Quantile, Ratio, Settings, Text, Total, hookimpl, kpi

_CLOCKS = ("tickets.closed_at", "tickets.waiting_hours")
_PROMISES = ("tickets.priority", "tickets.closed_at", "tickets.waiting_hours")
_NOT_DUE = Text(en="not yet due: {value}", zh="尚未到期：{value}")
_NOT_JUDGED = Text(
    en="not judged, as not yet due or of a priority without a target: {value}",
    zh="尚未到期或其优先级没有时限，不计入：{value}",
)
_AS_OF_TODAY = Text(
    en="reopened as last delivered, not as of that day: {value}",
    zh="重开工单数（以最近一次交付为准，而非当日）：{value}",
)
_WALL = Text(en="every hour counts", zh="按自然小时计")
_HOURS = Text(en="business hours, {hours:g} a week", zh="按工作小时计（每周{hours:g}小时）")
_DAYS = Text(en="within {days} days", zh="{days}天内")
_PROMISE = Text(en="within {hours:g} h ({priority})", zh="{priority}：{hours:g}小时内")
_OTHERS = Text(en="others", zh="其他")


def _clock(settings: Settings) -> Text:
    """Which hours count."""
    if settings.calendar.every_hour:
        return _WALL
    return _HOURS.format(hours=sum(end - start for day in settings.calendar.hours for start, end in day) / 3600)


def _window(settings: Settings) -> Text:
    """The days in which a ticket should be resolved."""
    return _DAYS.format(days=settings.resolution_window_days)


def _promises(promise: Mapping[str, float] | None) -> Text | None:
    """The hours promised to each priority."""
    if not promise:
        return None
    named = {priority: _OTHERS if priority == DEFAULT_PRIORITY else priority for priority in promise}
    told = [_PROMISE.format(priority=named[priority], hours=hours) for priority, hours in promise.items()]
    return Text(en=", ".join(one.en for one in told), zh="，".join(one.zh for one in told))


@kpi(
    title={"en": "Tickets", "zh": "工单数"},
    unit="count",
    better="lower",
    table="tickets",
    at="opened_at",
    group="service",
    described_zh="周期内新建的工单数。",
)
def tickets(tickets: Any) -> Total:
    """Tickets opened."""
    return Total(tickets.ticket_id.notnull())


@kpi(
    title={"en": "Complaints", "zh": "投诉数"},
    unit="count",
    better="lower",
    table="tickets",
    at="opened_at",
    hidden=True,
    group="service",
    described_zh="周期内新建的投诉工单数。",
)
def complaints(tickets: Any) -> Total:
    """Complaints opened."""
    return Total(tickets.kind == "complaint")


@kpi(
    title={"en": "Complaints per customer served", "zh": "投诉率（按服务客户）"},
    unit="percent",
    better="lower",
    table="customer_periods",
    at="period_start",
    reads=("tickets",),
    group="service",
    described_zh="周期内新建的投诉数，除以服务客户数（周期内有销售、有效合同或工单的客户）。",
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
    optional=("tickets.closed_at", "tickets.resolved_at"),
    described_zh="从新建到首次响应的工作小时中位数；未响应的工单按删失处理，不剔除。",
    source="Kaplan and Meier 1958",
    says=_clock,
)
def first_response_hours(ticket_times: Any) -> Quantile:
    """Median business hours from opening to first response: tickets still waiting are censored, not dropped."""
    return Quantile(ticket_times.response_hours, event=ticket_times.responded)


@kpi(
    title={"en": "Time to resolution (median)", "zh": "解决时长（中位数）"},
    unit="hours",
    better="lower",
    table="ticket_times",
    at="opened_at",
    group="service",
    optional=_CLOCKS,
    described_zh="从新建到解决的工作小时中位数，扣除等待客户的时间；未解决的工单按删失处理，不剔除。",
    source="Kaplan and Meier 1958",
    says=_clock,
)
def resolution_hours(ticket_times: Any) -> Quantile:
    """Median business hours from opening to resolution, less hours spent waiting for the customer.

    Tickets still open are censored, not dropped.
    """
    return Quantile(ticket_times.resolution_hours, event=ticket_times.resolved)


@kpi(
    title={"en": "Time to resolve a complaint (median)", "zh": "投诉解决时长（中位数）"},
    unit="hours",
    better="lower",
    table="ticket_times",
    at="opened_at",
    group="service",
    optional=_CLOCKS,
    described_zh="投诉工单从新建到解决的工作小时中位数，口径同解决时长。",
    source="Kaplan and Meier 1958",
    says=_clock,
)
def complaint_resolution_hours(ticket_times: Any) -> Quantile:
    """Median business hours from opening to resolution of complaints, as for all tickets."""
    complaint = ticket_times.kind == "complaint"
    return Quantile(ticket_times.resolution_hours, event=ticket_times.resolved, where=complaint)


def _resolved_within(tickets: Any, settings: Any) -> tuple[Any, Any]:
    """Tickets that are old enough to be judged, and those of them resolved in time."""
    from datetime import timedelta

    import ibis

    window = settings.resolution_window_days
    judged = tickets.opened_at.date() <= settings.as_of - timedelta(days=window)
    in_time = tickets.resolved_at_utc <= tickets.opened_at_utc + ibis.interval(days=window)
    return judged, in_time.fill_null(False)


@kpi(
    title={"en": "Resolution rate", "zh": "工单解决率"},
    unit="percent",
    better="higher",
    table="tickets",
    at="opened_at",
    group="service",
    described_zh="新建后至报告日已满 `resolution_window_days` 天的工单中，在该天数内解决的比例。",
    says=_window,
)
def resolution_rate(tickets: Any, settings: Any) -> Ratio:
    """Of tickets opened at least `resolution_window_days` before the as-of day, the share resolved in that many days."""
    judged, in_time = _resolved_within(tickets, settings)
    return Ratio(judged & in_time, judged)


@kpi(
    title={"en": "Complaint resolution rate", "zh": "投诉解决率"},
    unit="percent",
    better="higher",
    table="tickets",
    at="opened_at",
    group="service",
    described_zh="投诉工单中，新建后至报告日已满 `resolution_window_days` 天者在该天数内解决的比例。",
    says=_window,
)
def complaint_resolution_rate(tickets: Any, settings: Any) -> Ratio:
    """The resolution rate of complaints alone."""
    judged, in_time = _resolved_within(tickets, settings)
    complaint = (tickets.kind == "complaint").fill_null(False)
    return Ratio(judged & in_time & complaint, judged & complaint)


def _left_out(promise: Any, judged: Any) -> Aside:
    """How many tickets a service level does not judge."""
    return Aside((~judged).cast("int64"), _NOT_DUE if DEFAULT_PRIORITY in promise else _NOT_JUDGED)


@kpi(
    title={"en": "First responses on time (SLA)", "zh": "首次响应达标率（SLA）"},
    unit="percent",
    better="higher",
    table="ticket_times",
    at="opened_at",
    group="service",
    optional=_PROMISES,
    needs=("sla.response",),
    described_zh="响应时限在报告日结束前到期的工单中，在时限内首次响应的比例；尚未到期者无论是否已响应均不计入。",
    says=lambda settings: _promises(settings.sla.response),
)
def response_sla(ticket_times: Any, settings: Any) -> Ratio:
    """Of tickets whose response was due by the end of the as-of day, the share answered by its due time.

    Tickets not yet due are left out, answered or not, and their number is told.
    """
    judged = ticket_times.response_judged
    return Ratio(ticket_times.response_in_time, judged, aside=_left_out(settings.sla.response, judged))


@kpi(
    title={"en": "Resolutions on time (SLA)", "zh": "解决达标率（SLA）"},
    unit="percent",
    better="higher",
    table="ticket_times",
    at="opened_at",
    group="service",
    optional=_PROMISES,
    needs=("sla.resolution",),
    described_zh="解决时限（顺延等待客户的时间）在报告日结束前到期的工单中，在时限内解决的比例；尚未到期者不计入。",
    says=lambda settings: _promises(settings.sla.resolution),
)
def resolution_sla(ticket_times: Any, settings: Any) -> Ratio:
    """Of tickets whose resolution was due by the end of the as-of day, the share resolved by its due time.

    Hours spent waiting for the customer are added to the due time. Tickets not yet due are left out, resolved
    or not, and their number is told.
    """
    judged = ticket_times.resolution_judged
    return Ratio(ticket_times.resolution_in_time, judged, aside=_left_out(settings.sla.resolution, judged))


@kpi(
    title={"en": "Reopen rate", "zh": "重开率"},
    unit="percent",
    better="lower",
    table="tickets",
    at="resolved_at",
    group="service",
    described_zh="周期内解决的工单中，后来被重新打开的比例（以最近一次交付为准）。",
)
def reopen_rate(tickets: Any) -> Ratio:
    """Of tickets resolved in the period, the share reopened since, as last delivered."""
    reopened = tickets.reopened_count > 0
    return Ratio(reopened, tickets.resolved_at.notnull(), aside=Aside(reopened.cast("int64"), _AS_OF_TODAY))


@kpi(
    title={"en": "Open tickets at the end", "zh": "期末未结工单数"},
    unit="count",
    better="lower",
    table="ticket_periods",
    at="period_start",
    stock=True,
    group="service",
    optional=("tickets.closed_at",),
    described_zh="周期末（或报告日）既未解决也未关闭的工单数。",
)
def backlog(ticket_periods: Any) -> Total:
    """Tickets opened, and neither resolved nor closed, at the period's end."""
    return Total(ticket_periods.is_open)


@hookimpl
def cpm_kpis() -> list[Kpi]:
    """KPIs of service."""
    return [
        tickets,
        complaints,
        complaint_rate,
        first_response_hours,
        resolution_hours,
        complaint_resolution_hours,
        resolution_rate,
        complaint_resolution_rate,
        response_sla,
        resolution_sla,
        reopen_rate,
        backlog,
    ]
