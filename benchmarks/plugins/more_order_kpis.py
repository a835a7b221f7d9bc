"""KPIs of the benchmark: with six built-in ones, sixteen additive KPIs of orders; and a Quantile."""

from cpm_core.api import Mean, Quantile, Ratio, Total, hookimpl, kpi


def _of_orders(title, zh, unit="count", columns=None):
    return kpi(
        title={"en": title, "zh": zh}, unit=unit, better="higher", table="orders", at="ordered_at", columns=columns
    )


@_of_orders("Items sold", "售出件数")
def items(orders):
    """Number of items, returns included."""
    return Total(orders.quantity)


@_of_orders("Amount returned", "退货金额", unit="money")
def returned(orders):
    """Amount of returns."""
    return Total(-orders.amount, where=orders.kind == "return")


@_of_orders("Revenue of the web shop", "网店净销售额", unit="money")
def web_revenue(orders):
    """Sum of amounts of the channel `web`."""
    return Total(orders.amount, where=orders.channel == "web")


@_of_orders("Large orders", "大额订单数")
def large_orders(orders):
    """Number of sales of 200 or more."""
    return Total((orders.kind == "sale") & (orders.amount >= 200))


@_of_orders("Share of large orders", "大额订单占比", unit="percent")
def large_share(orders):
    """Share of sales that are of 200 or more."""
    sale = orders.kind == "sale"
    return Ratio(sale & (orders.amount >= 200), sale)


@_of_orders("Items per order", "单均件数", unit="number")
def items_per_order(orders):
    """Items over sales, returns left out."""
    sale = orders.kind == "sale"
    return Ratio(sale.ifelse(orders.quantity, None), sale)


@_of_orders("Cost of goods", "商品成本", unit="money")
def cost_of_goods(orders):
    """Sum of costs."""
    return Total(orders.cost)


@_of_orders("Cost rate", "成本率", unit="percent")
def cost_rate(orders):
    """Cost over amount, of orders with a cost."""
    return Ratio(orders.cost, orders.cost.notnull().ifelse(orders.amount, None))


@_of_orders("Mean amount of sales by phone", "电话销售平均金额", unit="money")
def phone_order_value(orders):
    """Mean amount of sales of the channel `phone`."""
    return Mean(orders.amount, where=(orders.kind == "sale") & (orders.channel == "phone"))


@_of_orders("Share of returns", "退货笔数占比", unit="percent")
def share_of_returns(orders):
    """Share of rows that are returns."""
    return Ratio(orders.kind == "return", orders.kind.notnull())


@_of_orders("Time to dispatch (median)", "发货时长（中位数）", unit="hours", columns={"dispatch_hours": "float64"})
def dispatch_hours(orders):
    """Median hours to dispatch; what has not gone out is censored."""
    return Quantile(orders.dispatch_hours.fill_null(72.0), event=orders.dispatch_hours.notnull())


@hookimpl
def cpm_kpis():
    """What the benchmark measures beside the built-in KPIs."""
    return [
        *(items, returned, web_revenue, large_orders, large_share, items_per_order, cost_of_goods),
        *(cost_rate, phone_order_value, share_of_returns, dispatch_hours),
    ]
