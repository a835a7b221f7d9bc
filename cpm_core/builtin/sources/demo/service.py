"""Tickets: opened, answered, resolved or withdrawn; and who leaves after a slow answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cpm_core.builtin.sources.demo import clock, truths
from cpm_core.builtin.sources.demo.arrays import Bools, Floats, Ints, Rng, coded, ids, numbers, pick, times
from cpm_core.builtin.sources.demo.customers import People

TICKETS_A_YEAR = (1.5, 1.9, 3.0)
"""By segment."""
RESPONSE_HOURS = 2.0
"""Median business hours to the first response where nothing is slow."""
RESPONSE_SPREAD = 0.8
WORK_HOURS = 6.0
"""Median business hours from the first response to the resolution."""
WORK_SPREAD = 1.0
WITHDRAWN_SHARE = 0.04
FORGOTTEN_SHARE = 0.01
"""Answered, and never resolved."""
KINDS = ("question", "complaint", "request")
CATEGORIES = ("delivery", "billing", "product", "account")
PRIORITIES = ("low", "normal", "high")
PRIORITY_PACE = (1.3, 1.0, 0.6)
CHANNELS = ("phone", "email", "chat")
AGENTS = tuple(f"{team}-{n}" for team in truths.TEAMS for n in range(1, 6))


@dataclass(frozen=True)
class Tickets:
    """Tickets of one chunk in order of customer and time. Times that did not come are `END` or later."""

    customer: Ints
    opened: Ints
    priority: Ints
    slow: Bools
    hours: Floats
    """Business hours to the first response."""
    first: Ints
    resolved: Ints
    closed: Ints

    def ids(self, who: People, rows: Ints) -> pa.Array:
        """Ids of some of the tickets."""
        return ids("T", who.chunk * 10_000_000 + rows, 12)


def draw_tickets(who: People) -> Tickets:
    """Every ticket; whoever leaves after a slow one leaves, and ``who.until`` says when."""
    rng = who.stream("tickets")
    rate = np.array(TICKETS_A_YEAR)[who.segment]
    stops = np.where(who.group == 2, clock.day_of(truths.STOPS_FROM), clock.DAYS)
    until = np.minimum(who.until_day, stops)
    customer, day = clock.draw_days(rng, clock.desk(), who.start_day, until, rate)
    at = day * clock.DAY + clock.in_day(rng, len(day), clock.DESK_HOURS)
    customer, opened = clock.by_customer(customer, at)
    slow = (who.team[customer] == truths.TEAMS.index(truths.SLOW_TEAM)) & (
        opened >= clock.day_of(truths.SLOW_FROM) * clock.DAY
    )
    _leave(rng, who, customer[slow], opened[slow])
    kept = opened < who.until[customer]
    return _work(rng, customer[kept], opened[kept], slow[kept])


def _leave(rng: Rng, who: People, customer: Ints, opened: Ints) -> None:
    first = np.full(who.size, clock.END)
    np.minimum.at(first, customer, opened)
    leaves = (first < clock.END) & (who.group == 0) & (rng.random(who.size) < truths.LEAVE_SHARE)
    day = first // clock.DAY + truths.LEAVE_AFTER_DAYS
    who.until = np.where(leaves, np.minimum(who.until, day * clock.DAY), who.until)


def _work(rng: Rng, customer: Ints, opened: Ints, slow: Bools) -> Tickets:
    size = len(opened)
    priority = pick(rng, size, (0.25, 0.6, 0.15))
    pace = np.array(PRIORITY_PACE)[priority] * np.where(slow, truths.SLOW_FACTOR, 1)
    hours = RESPONSE_HOURS * pace * np.exp(RESPONSE_SPREAD * rng.standard_normal(size))
    first = clock.add_work(opened, 60 + (hours * clock.HOUR).astype(np.int64))
    work = WORK_HOURS * np.exp(WORK_SPREAD * rng.standard_normal(size)) * clock.HOUR
    resolved = clock.add_work(first, 60 + work.astype(np.int64))
    withdrawn = rng.random(size) < WITHDRAWN_SHARE
    forgotten = rng.random(size) < FORGOTTEN_SHARE
    # A withdrawn ticket is closed before anybody would have answered it.
    closed = opened + ((first - opened) * (0.1 + 0.8 * rng.random(size))).astype(np.int64)
    return Tickets(
        customer=customer,
        opened=opened,
        priority=priority,
        slow=slow,
        hours=hours,
        first=np.where(withdrawn, clock.END, first),
        resolved=np.where(withdrawn | forgotten, clock.END, resolved),
        closed=np.where(withdrawn, clock.awake(closed), clock.END),
    )


def tickets_table(who: People, desk: Tickets) -> pa.Table:
    """The base table `tickets`; what would come after the last day is empty, so tickets are open then."""
    rng = who.stream("ticket table")
    size = len(desk.opened)
    done = desk.resolved < clock.END
    spent = np.where(done, desk.resolved - desk.first, 0) / clock.HOUR
    waits = done & (rng.random(size) < 0.2)
    waiting = np.where(waits, np.floor(spent * rng.random(size) * 80) / 100, 0.0)
    reopened = np.where(done & (rng.random(size) < 0.06), 1 + (rng.random(size) < 0.15), 0)
    events = np.stack([desk.opened, *(np.where(t < clock.END, t, 0) for t in (desk.first, desk.resolved, desk.closed))])
    team = who.team[desk.customer]
    return pa.table(
        {
            "ticket_id": desk.ids(who, np.arange(size)),
            "customer_id": coded(who.ids, desk.customer),
            "opened_at": times(desk.opened),
            "first_response_at": times(desk.first, desk.first >= clock.END),
            "resolved_at": times(desk.resolved, ~done),
            "closed_at": times(desk.closed, desk.closed >= clock.END),
            "waiting_hours": numbers(waiting),
            "reopened_count": numbers(reopened),
            "kind": coded(KINDS, pick(rng, size, (0.55, 0.27, 0.18))),
            "category": coded(CATEGORIES, pick(rng, size, (0.35, 0.25, 0.25, 0.15))),
            "priority": coded(PRIORITIES, desk.priority),
            "channel": coded(CHANNELS, pick(rng, size, (0.3, 0.45, 0.25))),
            "team": coded(truths.TEAMS, team),
            "agent": coded(AGENTS, team * 5 + rng.integers(0, 5, size)),
            "updated_at": times(events.max(axis=0)),
        }
    )
