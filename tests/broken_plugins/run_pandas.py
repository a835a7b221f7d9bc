"""KPIs that are pandas functions: one raises, one hangs, one returns text, one is fine."""

import time
from contextlib import suppress

from cpm_core.api import Frame, hookimpl, kpi

WORDS = {"table": "orders", "at": "ordered_at", "unit": "money", "better": "higher"}


def raising(rows):
    return rows["amuont"].sum()  # <- raising


def hanging(rows):  # <- hanging
    while True:
        with suppress(BaseException):
            time.sleep(1)


@kpi(title={"en": "Pandas raises", "zh": "pandas 出错"}, **WORDS)
def pandas_raises(orders):
    """Has a misspelt column."""
    return Frame(raising, [orders.amount])


@kpi(title={"en": "Pandas hangs", "zh": "pandas 无响应"}, **WORDS)
def pandas_hangs(orders):  # <- pandas_hangs
    """Never ends."""
    return Frame(hanging, [orders.amount])


@kpi(title={"en": "Pandas tells", "zh": "pandas 文本"}, **WORDS)
def pandas_tells(orders):  # <- pandas_tells
    """Returns a text."""
    return Frame(lambda rows: "many", [orders.amount])


@kpi(title={"en": "Pandas is fine", "zh": "pandas 正常"}, **WORDS)
def pandas_fine(orders):
    """The largest amount."""
    return Frame(lambda rows: rows["amount"].max(), [orders.amount])


@hookimpl
def cpm_kpis():
    return [pandas_raises, pandas_hangs, pandas_tells, pandas_fine]
