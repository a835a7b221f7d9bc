"""Members that overlap: the page says so, in the words of the reader."""

import pytest

from cpm_core.report import slices
from tests.books import book

# One customer buys on the web and in a shop, another in a shop: 2 customers, of whom 1 + 2 by channel.
ORDERS = """
order_id customer_id ordered_at amount kind channel
1        a           2024-03-02 10     sale web
2        a           2024-03-03 10     sale shop
3        b           2024-03-04 10     sale shop
"""
TABLES = {"orders": ORDERS, "customers": "customer_id region\na North\nb South"}


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "Members overlap, so that together they are more than the total: Customers who bought."),
        ("zh", "各成员之间有重叠，相加大于合计：购买客户数。"),
    ],
)
def test_customers_of_several_channels_are_told(request, locale, words):
    kpis = ["active_customers", "orders", "average_order_value"]
    made = book(TABLES, as_of="2024-03-31", slices=["region", "orders.channel"], kpis=kpis, locale=locale)
    request.addfinalizer(made.close)
    html = slices.render(made.report_data()).html
    # Told under the channel alone: each customer is of one region, and orders have one channel each.
    assert html.count(words) == 1
    assert html.index(words) > html.rindex("<h3>")
