"""What the footer says of KPIs that the data do not allow."""

from __future__ import annotations

from cpm_core.api import Total, kpi
from cpm_core.report.collect import notes
from tests.books import book, plugin

ORDERS = "order_id customer_id ordered_at amount kind promised_at\n1 a 2024-01-05 10 sale 2024-01-09"


def counting(name, **columns):
    def count(orders):
        return Total(orders[next(iter(columns))].notnull())

    count.__name__ = name
    made = kpi(
        table="orders",
        at="ordered_at",
        unit="count",
        better="higher",
        columns=columns,
        title={"en": f"Title {name}", "zh": f"标题 {name}"},
    )
    return made(count)


def test_a_plugin_that_is_for_other_workbooks_is_not_missed():
    ours = plugin(
        "ours", cpm_kpis=[counting("promised", promised_at="timestamp"), counting("shipped", shipped="string")]
    )
    # Neither of its attributes is delivered, and one of them is a time.
    theirs = plugin(
        "theirs", cpm_kpis=[counting("signed", signed_at="timestamp"), counting("parcels", parcels="int64")]
    )
    made = book({"orders": ORDERS}, as_of="2024-01-31", plugins=[ours, theirs])
    try:
        said = " ".join(notes(made, "en"))
        assert {"promised"} == {one.id for one in made.kpis} & {"promised", "shipped", "signed", "parcels"}
        assert "Not measured, as column orders.shipped is not delivered: Title shipped." in said
        assert "Title signed" not in said
        assert "Title parcels" not in said
        assert "as table tickets is not delivered" in said
    finally:
        made.close()
