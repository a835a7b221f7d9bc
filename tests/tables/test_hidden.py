"""A service that repeats the token it was asked with, in rows that are kept and in rows that are refused."""

from __future__ import annotations

from cpm_core.model.secrets import HIDDEN, know
from tests.books import book

VALUE = "hunter2-horse"
ORDERS = f"""
    order_id   customer_id ordered_at amount   kind channel
    1          a           2024-03-01 10       sale by-{VALUE}
    2          a           2024-03-02 {VALUE}  sale web
    {VALUE}    b           2024-03-03 5        sale web
"""


def test_it_is_in_no_row_and_figures_are_the_same():
    know(VALUE)
    made = book({"orders": ORDERS}, as_of="2024-03-31", slices=["orders.channel"], kpis=["revenue"])
    try:
        facts = made.facts()
        march = facts[facts["period"] == "2024-03"].set_index("member")["value"]
        assert march.to_dict() == {"": 15.0, f"by-{HIDDEN}": 10.0, "web": 5.0}
        assert made.rejects()[["reason", "column", "value"]].to_numpy().tolist() == [["not a number", "amount", HIDDEN]]
        assert HIDDEN in made.tables["orders"].order_id.execute().tolist()
    finally:
        made.close()
