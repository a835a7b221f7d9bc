"""Two plugins in either order make the same report."""

import pandas as pd

from cpm_core.api import Derived, Section, Text, Total, kpi
from tests.books import book, plugin

ORDERS = """order_id customer_id ordered_at amount kind
            1        a           2024-03-02 10.00  sale
            2        b           2024-03-05 20.00  sale"""


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "First", "zh": "第一"})
def first(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


@kpi(unit="number", better="higher", title={"en": "Second", "zh": "第二"})
def second(first, orders):
    """What it derives from is another plugin's."""
    return Derived(first, orders)


def section(name):
    return Section(name, Text(en=name, zh=name), lambda book: f"<p>{name}</p>")


def made(*plugins):
    one = book({"orders": ORDERS}, as_of="2024-03-31", plugins=plugins, kpis=["orders", "first", "second"])
    try:
        return one.facts(), one.sections().html, one.report.provenance().html, one.identity()
    finally:
        one.close()


def test_the_same_facts_sections_and_footer():
    one = plugin("one", cpm_kpis=[first], cpm_report_sections=[section("b")])
    two = plugin("two", cpm_kpis=[second], cpm_report_sections=[section("a")])
    there, back = made(one, two), made(two, one)
    pd.testing.assert_frame_equal(there[0], back[0])
    assert there[1:] == back[1:]
    assert there[1].index("<p>a</p>") < there[1].index("<p>b</p>")
