"""One chunk of the company: every table of some thousand customers, from their own random numbers."""

from __future__ import annotations

import pyarrow as pa

from cpm_core.builtin.sources.demo import contacts, contracts, customers, loyalty, orders, service, surveys

CHUNK = 20_000
"""Customers generated at a time. Part of what a seed means: another size would give another company."""


def chunk_tables(seed: int, chunk: int, total: int, half_delivery: bool) -> dict[str, pa.Table]:
    """The tables of chunk number ``chunk`` of a company of ``total`` customers (`costs` has no customers)."""
    first = chunk * CHUNK
    who = customers.draw_people(seed, chunk, first + 1, min(CHUNK, total - first))
    desk = service.draw_tickets(who)  # first, because slow answers decide who leaves
    sales = orders.draw_sales(who)
    returns = orders.draw_returns(who, sales)
    kept = [(part, orders.delivered(part, half_delivery)) for part in (sales, returns)]
    asked = (surveys.csat_table(who, desk), surveys.ces_table(who, desk), surveys.nps_table(who, sales))
    return {
        "customers": customers.customers_table(who),
        "orders": pa.concat_tables([orders.orders_table(who, sales, part, rows) for part, rows in kept]),
        "order_lines": pa.concat_tables([orders.lines_table(who, part, rows) for part, rows in kept]),
        "tickets": service.tickets_table(who, desk),
        "surveys": pa.concat_tables(asked),
        "interactions": contacts.interactions_table(who),
        "subscriptions": contracts.subscriptions_table(who),
        "points": loyalty.points_table(who, sales),
    }
