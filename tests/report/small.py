"""A workbook of nine orders, small enough to be worked by hand.

          North        South   (none)   total
January   100 + 50     30      -        180
February  120 - 20     40      -        140
March     200          10      5        215
"""

from tests import books

TABLES = {
    "customers": """
        customer_id region
        N1          North
        N2          North
        S1          South
        X1          -
    """,
    "orders": """
        order_id customer_id ordered_at  amount kind   channel
        1        N1          2024-01-03  100    sale   web
        2        N2          2024-01-31  50     sale   shop
        3        S1          2024-01-15  30     sale   shop
        4        N1          2024-02-01  120    sale   web
        5        N1          2024-02-20  -20    return web
        6        S1          2024-02-29  40     sale   shop
        7        N1          2024-03-09  200    sale   web
        8        S1          2024-03-10  10     sale   web
        9        X1          2024-03-31  5      sale   shop
    """,
}


def small(**params):
    """The workbook; ``params`` win over the defaults."""
    given = {"as_of": "2024-03-31", "history": 3, "currency": "EUR", "slices": ["region", "orders.channel"], **params}
    return books.book(TABLES, **given)
