"""Subscriptions: every fifth customer, in up to three stretches at one price each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cpm_core.builtin.sources.demo import clock
from cpm_core.builtin.sources.demo.arrays import Ints, Rng, coded, ids, money, times
from cpm_core.builtin.sources.demo.customers import People

PLANS = ("basic", "plus", "pro")
PLAN_CENTS = (1900, 3900, 7900)
REASONS = ("upgrade", "downgrade", "cancelled")
STRETCHES = 3
UP_SHARE, DOWN_SHARE = 0.5, 0.2
"""Of the stretches that end; the rest are cancelled."""


def subscriptions_table(who: People) -> pa.Table:
    """The base table `subscriptions`. Whoever leaves the company cancels on that day."""
    rng = who.stream("subscriptions")
    rows = np.flatnonzero(who.numbers % 5 == 2)
    start = np.maximum(who.start_day[rows], 0) + rng.integers(0, 200, len(rows))
    leaves = who.until_day[rows]
    plan = rng.integers(0, 2, len(rows))
    parts = []
    for _ in range(STRETCHES):
        runs = (start < leaves) & (start < clock.DAYS)
        rows, start, leaves, plan = rows[runs], start[runs], leaves[runs], plan[runs]
        end, reason = _ending(rng, start, leaves, plan)
        parts.append((rows, start, end, plan, reason))
        changed = reason < 2
        rows, start, leaves = rows[changed], end[changed], leaves[changed]
        plan = plan[changed] + np.where(reason[changed] == 0, 1, -1)
    return _rows(who, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _ending(rng: Rng, start: Ints, leaves: Ints, plan: Ints) -> tuple[Ints, Ints]:
    """The day on which each stretch ends, and why; `DAYS` or later: it runs on."""
    end = start + 30 + rng.exponential(600, len(start)).astype(np.int64)
    chance = rng.random(len(start))
    reason = np.where(chance < UP_SHARE, 0, np.where(chance < UP_SHARE + DOWN_SHARE, 1, 2))
    impossible = ((reason == 0) & (plan == len(PLANS) - 1)) | ((reason == 1) & (plan == 0))
    reason = np.where(impossible | (end >= leaves), 2, reason)
    return np.where(leaves < clock.DAYS, np.minimum(end, leaves), end), reason


def _rows(who: People, rows: Ints, start: Ints, end: Ints, plan: Ints, reason: Ints) -> pa.Table:
    order = np.lexsort((start, rows))
    rows, start, end, plan, reason = (column[order] for column in (rows, start, end, plan, reason))
    running = end >= clock.DAYS
    return pa.table(
        {
            "subscription_id": ids("B", who.numbers[rows], 8),
            "customer_id": coded(who.ids, rows),
            "started_at": times(start * clock.DAY),
            "ended_at": times(end * clock.DAY, running),
            "monthly_amount": money(np.array(PLAN_CENTS)[plan]),
            "plan": coded(PLANS, plan),
            "end_reason": coded(REASONS, reason, running),
        }
    )
