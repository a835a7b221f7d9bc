"""Interactions (calls, visits, mails, campaigns) and what the care of customers costs."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from cpm_core.builtin.sources.demo import clock, people, truths
from cpm_core.builtin.sources.demo.arrays import coded, ids, money, pick, stream, times
from cpm_core.builtin.sources.demo.customers import People

CONTACTS_A_YEAR = (1.4, 2.6, 5.0)
"""By segment."""
KINDS = ("call", "visit", "mail", "campaign")
# Each once: Parquet writes what happens to lie in memory for a word that is twice in a dictionary.
CHANNELS = ("phone", "on site", "email")
KIND_CENTS = (620, 4800, 110, 45)
CAMPAIGNS = tuple(
    f"{season} {year}" for year in (2022, 2023, 2024) for season in ("spring", "summer", "autumn", "winter")
)
CENTERS = ("service", "marketing")
CENTER_CENTS = (95, 60)
"""A month and customer."""


def interactions_table(who: People) -> pa.Table:
    """The base table `interactions`; campaigns go on to customers who have left."""
    rng = who.stream("interactions")
    rate = np.array(CONTACTS_A_YEAR)[who.segment]
    everyone = np.full(who.size, clock.DAYS)
    customer, day = clock.draw_days(rng, clock.desk(), who.start_day, everyone, rate)
    at = day * clock.DAY + clock.in_day(rng, len(day), clock.DESK_HOURS)
    customer, at = clock.by_customer(customer, at)
    size = len(at)
    kind = pick(rng, size, (0.3, 0.08, 0.37, 0.25))
    quarter = np.minimum(at // clock.DAY * 12 // clock.DAYS, len(CAMPAIGNS) - 1)
    inbound = (kind == 0) & (rng.random(size) < 0.4)
    return pa.table(
        {
            "interaction_id": ids("I", who.chunk * 10_000_000 + np.arange(size), 12),
            "customer_id": coded(who.ids, customer),
            "occurred_at": times(at),
            "kind": coded(KINDS, kind),
            "direction": coded(("outbound", "inbound"), inbound.astype(np.int64)),
            "channel": coded(CHANNELS, np.minimum(kind, 2)),
            "campaign": coded(CAMPAIGNS, quarter, kind != 3),
            "agent": coded(people.OWNERS, who.numbers[customer] % len(people.OWNERS)),
            "cost": money(np.array(KIND_CENTS)[kind]),
        }
    )


def costs_table(seed: int, customers: int) -> pa.Table:
    """The base table `costs`: one row a month and centre, on the month's last day."""
    rng = stream(seed, 0, "costs")
    months = [
        date(year, month, 1) for year in range(truths.START.year, truths.AS_OF.year + 1) for month in range(1, 13)
    ]
    last = np.array([clock.day_of(date(m.year + m.month // 12, m.month % 12 + 1, 1)) - 1 for m in months])
    month, center = np.divmod(np.arange(len(months) * 2), 2)
    noise = (0.95 + 0.1 * rng.random(len(month))) * 1.03 ** (month / 12)
    cents = np.rint(np.array(CENTER_CENTS)[center] * noise * customers).astype(np.int64)
    return pa.table(
        {
            "cost_id": ids("K", np.arange(1, len(month) + 1), 4),
            "occurred_at": times(last[month] * clock.DAY + 18 * clock.HOUR),
            "center": coded(CENTERS, center),
            "amount": money(cents),
        }
    )
