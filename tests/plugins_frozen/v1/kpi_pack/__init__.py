"""A folder as a plugin: KPIs of every measure, with parts imported relatively."""

from cpm_core.api import (
    Aside,
    Concentration,
    Derived,
    Distinct,
    Frame,
    Mean,
    Quantile,
    Ratio,
    Text,
    Total,
    hookimpl,
    kpi,
)

from .words import PHONE, title

CPM_API = 1
__version__ = "1.0"


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title=title("Web revenue", "线上销售额"))
def v1_web_revenue(orders):
    """Amounts of orders that came by the web."""
    return Total(orders.amount, where=orders.channel == "web")


@kpi(
    table="tickets",
    at="opened_at",
    unit="percent",
    better="lower",
    title=title("Tickets by phone", "电话工单占比"),
    described_zh="周期内新建工单中来自电话的比例。",
    group="service",
)
def v1_phone_share(tickets):
    """Share of the tickets opened in the period that came by phone."""
    asked = tickets.ticket_id.notnull()
    return Ratio(tickets.channel == PHONE, asked, aside=Aside((tickets.kind == "complaint").cast("int64"), COMPLAINTS))


COMPLAINTS = Text(en="{value} complaints", zh="{value} 件投诉")


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title=title("Mean sale", "平均销售金额"))
def v1_mean_sale(orders):
    """Mean amount of sales."""
    return Mean(orders.amount, where=orders.kind == "sale", cluster="customer_id")


@kpi(table="ticket_times", at="opened_at", unit="hours", better="lower", title=title("Quarter wait", "四分位等待时长"))
def v1_quarter_wait(ticket_times):
    """The time within which a quarter of the tickets is answered."""
    return Quantile(ticket_times.response_hours, event=ticket_times.responded, q=0.25)


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title=title("Buyers", "购买者"))
def v1_buyers(orders):
    """Different customers with a sale."""
    return Distinct(orders.customer_id, where=orders.kind == "sale")


@kpi(
    table="customer_periods",
    at="period_start",
    unit="number",
    better="neither",
    lookback="trailing_year",
    stock=True,
    title=title("Share of the best half", "前半数客户占比"),
)
def v1_best_half(customer_periods, settings):
    """Share of the trailing year's revenue that the better half of the customers brings."""
    assert settings.period == "month"
    return Concentration(customer_periods.trailing_revenue, customer_periods.customer_id, "top", share=0.5)


def largest(rows):
    """The largest amount."""
    return rows["amount"].max()


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title=title("Largest sale", "最大单笔销售"))
def v1_largest_sale(orders):
    """The largest amount of a sale, by pandas."""
    return Frame(largest, [orders.amount], where=orders.kind == "sale")


@kpi(unit="number", better="lower", title=title("Tickets a buyer", "人均工单数"))
def v1_tickets_a_buyer(tickets, v1_buyers):
    """Tickets over buyers."""
    return Derived(tickets, v1_buyers)


@hookimpl
def cpm_kpis():
    """All of them."""
    return [
        v1_web_revenue,
        v1_phone_share,
        v1_mean_sale,
        v1_quarter_wait,
        v1_buyers,
        v1_best_half,
        v1_largest_sale,
        v1_tickets_a_buyer,
    ]
