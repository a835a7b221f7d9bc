"""Customers: who they are, how often and how much they buy, and until when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from cpm_core.builtin.sources.demo import clock, people, truths
from cpm_core.builtin.sources.demo.arrays import Bools, Floats, Ints, Rng, coded, ids, pick, stream, times

ORDERS_A_YEAR = 3.5
"""Median number of orders a year; the mean is about half as many again."""
RATE_SPREAD = 1.03
VALUE_SPREAD = 0.33
"""Standard deviations of the logarithms: together they make the concentration of sales."""
GOLDEN = 0.618033988749895
JOIN_SHARE = 0.28
"""Share of the customers who come within the three years."""
LEAVE_A_YEAR = 0.05
EVERY = round(1 / truths.GROUP_SHARE)
SEGMENTS = ("consumer", "business", "enterprise")
INDUSTRIES = ("retail", "manufacturing", "health", "education", "logistics", "hospitality")
ALIVE = clock.END + 1


@dataclass
class People:
    """The customers of one chunk, one array element each; times in seconds, ``until`` exclusive."""

    seed: int
    chunk: int
    numbers: Ints
    created: Ints
    until: Ints
    rate: Floats
    value: Floats
    region: Ints
    team: Ints
    group: Ints
    segment: Ints
    member: Bools

    @property
    def size(self) -> int:
        """How many customers the chunk has."""
        return len(self.numbers)

    @property
    def ids(self) -> pa.Array:
        """Their customer ids."""
        return ids("C", self.numbers, 8)

    @property
    def start_day(self) -> Ints:
        """The first day on which each can do anything: the day after they were created."""
        return np.clip(self.created // clock.DAY + 1, 0, clock.DAYS)

    @property
    def until_day(self) -> Ints:
        """The first day on which each does nothing any more."""
        return np.clip(self.until // clock.DAY, 0, clock.DAYS)

    def stream(self, theme: str) -> Rng:
        """The random numbers of one theme of this chunk."""
        return stream(self.seed, self.chunk, theme)


def draw_people(seed: int, chunk: int, first: int, size: int) -> People:
    """The customers numbered ``first`` … ``first + size - 1`` (numbers start at 1)."""
    rng = stream(seed, chunk, "people")
    numbers = np.arange(first, first + size)
    group = np.where(numbers % EVERY == 7, 1, np.where(numbers % EVERY == 23, 2, 0))
    # Strata instead of plain draws: the concentration of sales is then the same at every size. Steps of
    # the golden ratio spread the values evenly over customers of every rate.
    place = rng.permutation(size)
    rank, step = (place + 0.5) / size, (place * GOLDEN + rng.random()) % 1
    rate = ORDERS_A_YEAR * np.exp(RATE_SPREAD * ndtri(rank))
    rate = np.where(group > 0, 12 + 12 * rng.random(size), rate)
    value = np.exp(VALUE_SPREAD * ndtri(step.clip(1e-6, 1 - 1e-6)) - VALUE_SPREAD**2 / 2)
    created, until = _lifetime(rng, size)
    return People(
        seed=seed,
        chunk=chunk,
        numbers=numbers,
        # The groups are old customers who stay, so that nothing else changes their purchases.
        created=np.where(group > 0, -np.abs(created) - clock.DAY, created),
        until=np.where(group > 0, ALIVE, until),
        rate=rate,
        value=value,
        region=pick(rng, size, (0.3, 0.28, 0.22, 0.2)),
        team=pick(rng, size, (0.4, 0.3, 0.3)),
        group=group,
        segment=np.searchsorted([0.65, 0.93], rank),
        member=rng.random(size) < 0.5,
    )


def _lifetime(rng: Rng, size: int) -> tuple[Ints, Ints]:
    before = rng.random(size) >= JOIN_SHARE
    day = np.where(before, rng.integers(-1095, -1, size), rng.integers(0, clock.DAYS - 5, size))
    created = day * clock.DAY + clock.in_day(rng, size, clock.SHOP_HOURS)
    years = rng.exponential(1 / LEAVE_A_YEAR, size)
    until = np.maximum(created, 0) + (years * clock.YEAR * clock.DAY).astype(np.int64) + clock.DAY
    return created.astype(np.int64), np.where(until > clock.END, ALIVE, until)


def customers_table(who: People) -> pa.Table:
    """The base table `customers`, with the attributes `service_team`, `planted_group` and `district`."""
    rng = who.stream("customers")
    names = people.names()
    created = times(who.created)
    referrer = (np.arange(who.size) * rng.random(who.size)).astype(np.int64)
    earlier = who.created[referrer] < who.created
    codes = ids("c", who.numbers, 8)
    # Random numbers of its own, so that it changes nothing else of the company.
    place = who.stream("district").integers(0, truths.DISTRICTS_A_REGION, who.size)
    return pa.table(
        {
            "customer_id": who.ids,
            "name": coded(names, rng.integers(0, len(names), who.size)),
            "email": pc.binary_join_element_wise(codes, "example.com", "@"),
            "phone": coded(people.PHONES, rng.integers(0, len(people.PHONES), who.size)),
            "segment": coded(SEGMENTS, who.segment),
            "industry": coded(INDUSTRIES, pick(rng, who.size, (30, 22, 14, 10, 14, 10)), who.segment == 0),
            "region": coded(truths.REGIONS, who.region),
            "channel": coded(truths.CHANNELS, pick(rng, who.size, (0.4, 0.3, 0.15, 0.15))),
            "owner": coded(people.OWNERS, pick(rng, who.size, (1,) * len(people.OWNERS))),
            "created_at": created,
            "referred_by": coded(who.ids, referrer, ~(earlier & (rng.random(who.size) < 0.1))),
            "service_team": coded(truths.TEAMS, who.team),
            "planted_group": coded(truths.GROUPS, who.group),
            "district": coded(truths.DISTRICTS, who.region * truths.DISTRICTS_A_REGION + place),
            "updated_at": created,
        }
    )
