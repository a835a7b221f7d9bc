"""What a wholesaler to businesses looks at: deliveries on time, invoices that are paid late, share of wallet."""

from cpm_core.api import hookimpl

from . import kpis, tables

CPM_API = 1
__version__ = "1.0"


@hookimpl
def cpm_tables():
    """Invoices and wallets, and what is made of them by period."""
    return [tables.INVOICES, tables.WALLETS, tables.invoice_periods, tables.wallet_periods]


@hookimpl
def cpm_kpis():
    """Deliveries, receivables, wallets."""
    return [
        kpis.on_time_delivery,
        kpis.receivables,
        kpis.days_sales_outstanding,
        kpis.share_of_wallet,
        kpis.billed,
        kpis.receivable_days,
    ]
