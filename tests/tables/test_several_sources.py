"""Deliveries of one table by several sources."""

from tests.books import book, given_source

SHOP = {"customers": "customer_id region created_at\na West 2024-01-05\nb North 2024-02-07"}
WEB = {"customers": "customer_id region\nc South"}


def test_a_delivery_without_times_is_put_under_one_that_has():
    sources = [given_source(SHOP, name="shop"), given_source(WEB, name="web")]
    made = book(sources=sources, as_of="2024-03-31")
    try:
        rows = made.tables["customers"].order_by("customer_id").select("customer_id", "region").to_pyarrow().to_pydict()
        stats = made.prepare().tables["customers"]
    finally:
        made.close()
    assert rows == {"customer_id": ["a", "b", "c"], "region": ["West", "North", "South"]}
    assert (stats.sources, stats.kept, stats.moved, stats.repeated) == (("shop", "web"), 3, 0, 0)
