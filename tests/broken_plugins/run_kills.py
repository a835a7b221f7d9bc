"""A KPI that kills its process, another that leaves it, and one that asks Python to exit."""

import os
import signal
import sys

from cpm_core.api import Total, hookimpl, kpi

WORDS = {"table": "orders", "at": "ordered_at", "unit": "count", "better": "higher"}


@kpi(title={"en": "Killed", "zh": "被终止"}, **WORDS)
def killed(orders):  # <- killed
    """Ends by a signal."""
    os.kill(os.getpid(), signal.SIGKILL)


@kpi(title={"en": "Left", "zh": "退出"}, **WORDS)
def left(orders):  # <- left
    """Ends with an exit code."""
    os._exit(7)


@kpi(title={"en": "Exits", "zh": "请求退出"}, **WORDS)
def exits(orders):
    """Asks for the end."""
    sys.exit()  # <- exits


@kpi(title={"en": "Survivor", "zh": "幸存"}, **WORDS)
def survivor(orders):
    """Is of the same plugin, and fares well."""
    return Total(orders.order_id.notnull())


@hookimpl
def cpm_kpis():
    return [killed, left, exits, survivor]
