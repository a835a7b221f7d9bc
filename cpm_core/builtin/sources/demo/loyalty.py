"""Points: members earn one for each whole euro, redeem most of them, and let the rest expire."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cpm_core.builtin.sources.demo import clock
from cpm_core.builtin.sources.demo.arrays import Bools, Ints, coded, ids, money, times
from cpm_core.builtin.sources.demo.customers import People
from cpm_core.builtin.sources.demo.orders import Orders

KINDS = ("earn", "redeem", "expire", "adjust")
REDEEM_SHARE = 0.1
"""Share of the purchases after which a member redeems what they earned since the last time."""
REDEEMED = 0.8
GOODWILL = 50
GOODWILL_SHARE = 0.02


def points_table(who: People, sales: Orders) -> pa.Table:
    """The base table `points`. No balance is ever below zero."""
    rng = who.stream("points")
    earned = np.flatnonzero(who.member[sales.customer] & (sales.amount >= 100))
    customer, at, points = sales.customer[earned], sales.at[earned], sales.amount[earned] // 100
    redeems = rng.random(len(earned)) < REDEEM_SHARE
    until, total = _since_last(customer, points, redeems)
    used = (total * REDEEMED).astype(np.int64)
    later = at[until] + 365 * clock.DAY
    expires = (later < clock.END) & (total > used)
    goodwill = np.flatnonzero(who.member & (rng.random(who.size) < GOODWILL_SHARE) & (who.start_day < clock.DAYS))
    parts = (
        (customer, at, points, 0),
        (customer[until], at[until] + 60, -used, 1),
        (customer[until][expires], later[expires], (used - total)[expires], 2),
        (goodwill, who.start_day[goodwill] * clock.DAY + 12 * clock.HOUR, np.full(len(goodwill), GOODWILL), 3),
    )
    kinds = np.repeat([part[3] for part in parts], [len(part[0]) for part in parts])
    who_, when, what = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in range(3))
    return _rows(who, who_, clock.awake(when), what, kinds)


def _since_last(customer: Ints, points: Ints, redeems: Bools) -> tuple[Ints, Ints]:
    """The rows after which points are redeemed, and what was earned since the time before."""
    if not redeems.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    running = np.cumsum(points)
    until = np.flatnonzero(redeems)
    first_of_customer = np.searchsorted(customer, customer[until])
    before = np.concatenate([[-1], until[:-1]])
    base = np.maximum(before + 1, first_of_customer)
    return until, running[until] - np.where(base > 0, running[base - 1], 0)


def _rows(who: People, customer: Ints, at: Ints, points: Ints, kind: Ints) -> pa.Table:
    kept = np.flatnonzero((at < clock.END) & (points != 0))
    return pa.table(
        {
            "entry_id": ids("L", who.chunk * 10_000_000 + kept, 12),
            "customer_id": coded(who.ids, customer[kept]),
            "occurred_at": times(at[kept]),
            "points": money(points[kept] * 100),
            "kind": coded(KINDS, kind[kept]),
        }
    )
