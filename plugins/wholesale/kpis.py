"""On-time delivery, days sales outstanding, share of wallet."""

from cpm_core.api import Aside, Derived, Ratio, Text, Total, kpi

_ABOVE = Text(
    en="customers who bought more than their estimate, which is too low: {value}",
    zh="采购额超过估计值（估计偏低）的客户数：{value}",
)


@kpi(
    title={"en": "On-time delivery", "zh": "准时交付率"},
    unit="percent",
    better="higher",
    table="orders",
    at="promised_at",
    columns={"promised_at": "timestamp", "delivered_at": "timestamp"},
    group="service",
    source="SCOR model, RL.2.2: delivery performance to customer commit date",
    described_zh="承诺交付日在周期内的销售订单中，于承诺日当天或之前交付的占比。截至报告日尚未交付的逾期订单计为未准时；"
    "没有承诺日的订单，以及承诺日在报告日之后的订单不计入。",
)
def on_time_delivery(orders, settings):
    """Share of the sales promised for a day of the period that were delivered on that day or before.

    A sale that is not delivered is late once its day has come. Sales without a promised day do not count, nor do
    those whose day is after the as-of day.
    """
    promised = orders.promised_at.date()
    due = (orders.kind == "sale") & (promised <= settings.as_of)
    return Ratio(due & (orders.delivered_at.date() <= promised).fill_null(False), due)


@kpi(
    title={"en": "Receivables", "zh": "应收账款"},
    unit="money",
    better="neither",
    table="invoice_periods",
    at="period_start",
    stock=True,
    group="sales",
    described_zh="周期末（未结束的周期取报告日）已开具而未付清的发票金额合计；未抵扣的红字发票从中减去。",
)
def receivables(invoice_periods):
    """Sum of the invoices that are issued and not paid at the period's end, less credit notes not yet set off."""
    return Total(invoice_periods.open_amount)


@kpi(
    title={"en": "Billed", "zh": "开票净额"},
    unit="money",
    better="higher",
    table="invoice_periods",
    at="period_start",
    hidden=True,
    group="sales",
    described_zh="周期内开具的发票金额，减去周期内开具的红字发票金额。",
)
def billed(invoice_periods):
    """Sum of the invoices issued in the period, less its credit notes."""
    return Total(invoice_periods.billed)


@kpi(
    title={"en": "Receivables times days", "zh": "应收账款 × 天数"},
    unit="number",
    better="neither",
    table="invoice_periods",
    at="period_start",
    stock=True,
    hidden=True,
    group="sales",
    described_zh="周期末应收账款乘以周期天数。",
)
def receivable_days(invoice_periods):
    """Receivables at the period's end, times the days of the period."""
    return Total(invoice_periods.open_amount * invoice_periods.days)


@kpi(
    title={"en": "Days sales outstanding", "zh": "应收账款周转天数（DSO）"},
    unit="days",
    better="lower",
    stock=True,
    group="sales",
    source="Ross, Westerfield and Jordan, Fundamentals of Corporate Finance: days' sales in receivables",
    described_zh="周期末应收账款除以周期内开票净额，再乘以周期天数。红字发票在两处都减去；周期内没有开票时无定义。"
    "这是简单口径，而非倒推法（countback）：周期内销售下滑会使其上升，即使付款快慢没有变化。",
)
def days_sales_outstanding(receivable_days, billed):
    """Receivables at the period's end over what was billed in the period, times the days of the period.

    Credit notes are taken off both. This is the simple definition, not the countback: it rises when less is billed,
    even if customers pay as fast as before.
    """
    return Derived(receivable_days, billed)


@kpi(
    title={"en": "Share of wallet (year)", "zh": "客户钱包份额（近一年）"},
    unit="percent",
    better="higher",
    table="wallet_periods",
    at="period_start",
    lookback="trailing_year",
    stock=True,
    group="customers",
    described_zh="有采购额估计的客户，其截至周期末 365 天内的净销售额合计，除以其全年总采购额估计值合计。"
    "自首次购买所在周期起计入，此后即使停止购买也计入；没有估计值的客户不计入。",
)
def share_of_wallet(wallet_periods):
    """Revenue of the 365 days that end with the period over what these customers spend in a year, as estimated.

    Customers with an estimate count from the period of their first sale on, also when they buy no more. Those
    without one do not count.
    """
    rows = wallet_periods
    above = Aside((rows.revenue > rows.yearly_spend).ifelse(1, 0), _ABOVE)
    return Ratio(rows.revenue, rows.yearly_spend, aside=above)
