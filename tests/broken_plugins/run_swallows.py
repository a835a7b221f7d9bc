"""A KPI that waits for ever, and swallows every exception while it does."""

import time
from contextlib import suppress

from cpm_core.api import Total, hookimpl, kpi


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Patient", "zh": "无尽等待"})
def patient(orders):  # <- here
    """Counts orders, if ever."""
    while True:
        with suppress(BaseException):
            time.sleep(1)
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [patient]
