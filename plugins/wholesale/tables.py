"""Two base tables that the vocabulary does not have, and what is made of them by period."""

from cpm_core.api import Column, RowRule, TableSpec, Text, table

_CUSTOMER = ("customers", "customer_id")

INVOICES = TableSpec(
    id="invoices",
    title=Text(en="Invoices and credit notes", zh="发票与红字发票"),
    key=("invoice_id",),
    time=("issued_at",),
    # An invoice lasts until it is paid: `since` must not take those away that are still open.
    event=False,
    parent=_CUSTOMER,
    columns=(
        Column("invoice_id", required=True),
        Column("customer_id", required=True),
        Column("issued_at", "timestamp", required=True),
        Column("due_at", "timestamp"),
        Column("paid_at", "timestamp", known_at="paid_at"),
        Column("kind", required=True, choices=("invoice", "credit_note")),
        Column("amount", "decimal", required=True),
        Column("updated_at", "timestamp"),
    ),
    rules=(
        RowRule(
            "invoice sign",
            Text(en="an invoice below zero or a credit note above zero", zh="发票金额为负或红字发票金额为正"),
            lambda rows: (
                ((rows.kind == "invoice") & (rows.amount >= 0)) | ((rows.kind == "credit_note") & (rows.amount <= 0))
            ),
            "amount",
        ),
    ),
)

WALLETS = TableSpec(
    id="wallets",
    title=Text(en="Estimates of what customers spend in all", zh="客户总采购额估计"),
    key=("customer_id",),
    event=False,
    parent=_CUSTOMER,
    columns=(Column("customer_id", required=True), Column("yearly_spend", "decimal", required=True)),
    rules=(
        RowRule(
            "no wallet",
            Text(en="an estimate that is not above zero", zh="估计值不大于零"),
            lambda rows: rows.yearly_spend > 0,
            "yearly_spend",
        ),
    ),
)


@table(title={"en": "Invoices by period", "zh": "发票 × 周期"}, key=("invoice_id", "period_start"), at="period_start")
def invoice_periods(invoices, periods):
    """Invoices and credit notes in the period in which they are issued, and in each at whose end they are open.

    `billed` is the amount if it was issued in the period, `open_amount` the amount if it is not paid at the end of
    the period's last day (the as-of day in a running period), `days` the number of the period's days until then.
    """
    rows = invoices.mutate(issued_on=invoices.issued_at.date(), paid_on=invoices.paid_at.date())
    spans = periods.mutate(days=periods.last_day.delta(periods.period_start, unit="day") + 1)
    spans = spans.select("period_start", "last_day", "days")
    here = rows.join(spans, [rows.issued_on <= spans.last_day])
    issued, is_open = here.issued_on >= here.period_start, here.paid_on.isnull() | (here.paid_on > here.last_day)
    here = here.filter(issued | is_open)
    return here.select(
        "invoice_id",
        "customer_id",
        "period_start",
        "kind",
        billed=(here.issued_on >= here.period_start).ifelse(here.amount, 0),
        open_amount=(here.paid_on.isnull() | (here.paid_on > here.last_day)).ifelse(here.amount, 0),
        days=here.days,
    )


@table(
    title={"en": "Wallets by period", "zh": "客户采购额 × 周期"}, key=("customer_id", "period_start"), at="period_start"
)
def wallet_periods(wallets, customer_periods, orders, periods):
    """Customers with an estimate, from the period of their first sale on, with their revenue of the trailing year."""
    sales = orders.filter(orders.kind == "sale")
    firsts = sales.group_by(buyer="customer_id").aggregate(first_day=sales.ordered_at.date().min())
    held = wallets.join(firsts, wallets.customer_id == firsts.buyer)
    spans = periods.select("period_start", "last_day")
    rows = held.join(spans, [held.first_day <= spans.last_day]).select("customer_id", "yearly_spend", "period_start")
    bought = customer_periods.select(buyer="customer_id", start="period_start", trailing_revenue="trailing_revenue")
    both = rows.left_join(bought, [rows.customer_id == bought.buyer, rows.period_start == bought.start])
    return both.select(
        "customer_id", "period_start", "yearly_spend", revenue=both.trailing_revenue.fill_null(0).cast("decimal(18, 4)")
    )
