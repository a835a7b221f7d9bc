"""Sales and returns with their lines; an order's amount is the sum of its lines, to the cent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cpm_core.builtin.sources.demo import clock, truths
from cpm_core.builtin.sources.demo.arrays import (
    Bools,
    Floats,
    Ints,
    Rng,
    coded,
    ids,
    money,
    numbers,
    pick,
    spread,
    times,
)
from cpm_core.builtin.sources.demo.customers import People

BASKET = (90.0, 78.0, 120.0, 27.0)
"""Mean order in each channel at the start, EUR."""
COST_SHARE = (0.58, 0.60, 0.64, 0.78)
OTHER_CHANNELS = (0.50, 0.36, 0.14)
RETURN_SHARE = 0.06
WHOLE_RETURN_SHARE = 0.6
ORDER_SPREAD = 0.4
LINES = (0, 0.42, 0.30, 0.15, 0.08, 0.05)
QUANTITIES = (0, 0.52, 0.26, 0.10, 0.07, 0.05)
CATEGORIES = ("kitchen", "garden", "office", "lighting", "textiles", "toys")
PRODUCTS = 12
"""Products of a category."""
KINDS = ("sale", "return")


@dataclass(frozen=True)
class Lines:
    """Lines of orders; ``order`` is the position of the order that each is of."""

    order: Ints
    line_no: Ints
    product: Ints
    quantity: Ints
    price: Ints
    """Cents for one."""

    def take(self, at: Ints, order: Ints, line_no: Ints) -> Lines:
        """The lines at some positions, taken back: of other orders and with the quantity's sign turned."""
        return Lines(order, line_no, self.product[at], -self.quantity[at], self.price[at])


@dataclass(frozen=True)
class Orders:
    """Orders of one kind, with their lines in order. Amounts are cents."""

    kind: int
    customer: Ints
    at: Ints
    channel: Ints
    category: Ints
    lines: Lines
    counts: Ints
    original: Ints
    """Of returns: the position of the sale that is returned."""
    amount: Ints
    quantity: Ints
    cost: Ints

    @property
    def size(self) -> int:
        """How many orders they are."""
        return len(self.customer)


def draw_sales(who: People) -> Orders:
    """Every sale of the chunk's customers, in order of customer and time."""
    rng = who.stream("sales")
    customer, at = _purchases(rng, who)
    channel = _channels(rng, at)
    years = at / (clock.YEAR * clock.DAY)
    noise = np.exp(ORDER_SPREAD * rng.standard_normal(len(at)) - ORDER_SPREAD**2 / 2)
    target = np.array(BASKET)[channel] * 100 * who.value[customer] * (1 + truths.PRICE_RISE) ** years * noise
    category = pick(rng, len(at), (25, 20, 18, 15, 12, 10))
    lines, counts = _lines(rng, target, category)
    amount, quantity = _sums(lines, counts)
    share = np.array(COST_SHARE)[channel] * (0.95 + 0.1 * rng.random(len(at)))
    cost = np.rint(amount * share).astype(np.int64)
    none = np.zeros(0, np.int64)
    return Orders(0, customer, at, channel, category, lines, counts, none, amount, quantity, cost)


def _purchases(rng: Rng, who: People) -> tuple[Ints, Ints]:
    customer, day = clock.draw_days(rng, clock.season(), who.start_day, who.until_day, who.rate)
    group = who.group[customer]
    stopped = (group == 2) & (day >= clock.day_of(truths.STOPS_FROM))
    slowed = (group == 1) & (day >= clock.day_of(truths.SLOWS_FROM))
    kept = ~stopped & ~(slowed & (rng.random(len(day)) >= 1 / truths.SLOWS_BY))
    customer, day = customer[kept], day[kept]
    return clock.by_customer(customer, day * clock.DAY + clock.in_day(rng, len(day), clock.SHOP_HOURS))


def _channels(rng: Rng, at: Ints) -> Ints:
    first, last = truths.CHEAP_SHARE_FIRST_DAY, truths.CHEAP_SHARE_LAST_DAY
    cheap = rng.random(len(at)) < first + (last - first) * (at / clock.END)
    return np.where(cheap, truths.CHANNELS.index(truths.CHEAP_CHANNEL), pick(rng, len(at), OTHER_CHANNELS))


def _lines(rng: Rng, target: Floats, category: Ints) -> tuple[Lines, Ints]:
    counts = pick(rng, len(target), LINES)
    order = np.repeat(np.arange(len(target)), counts)
    quantity = pick(rng, len(order), QUANTITIES)
    share = (target / counts)[order] * (0.6 + 0.8 * rng.random(len(order)))
    price = np.maximum(1, np.rint(share / quantity)).astype(np.int64)
    product = category[order] * PRODUCTS + rng.integers(0, PRODUCTS, len(order))
    return Lines(order, spread(np.ones_like(counts), counts), product, quantity, price), counts


def _sums(lines: Lines, counts: Ints) -> tuple[Ints, Ints]:
    """Amount and quantity of each order; every order has a line, so runs are never empty."""
    if not len(counts):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.cumsum(counts) - counts
    return np.add.reduceat(lines.quantity * lines.price, starts), np.add.reduceat(lines.quantity, starts)


def draw_returns(who: People, sales: Orders) -> Orders:
    """Some sales come back 3 to 30 days later, whole or by their first line alone."""
    rng = who.stream("returns")
    sale = np.flatnonzero(rng.random(sales.size) < RETURN_SHARE)
    at = clock.awake(sales.at[sale] + rng.integers(3 * clock.DAY, 30 * clock.DAY, len(sale)))
    sale, at = sale[at < clock.END], at[at < clock.END]
    whole = rng.random(len(sale)) < WHOLE_RETURN_SHARE
    counts = np.where(whole, sales.counts[sale], 1)
    starts = (np.cumsum(sales.counts) - sales.counts)[sale]
    order = np.repeat(np.arange(len(sale)), counts)
    lines = sales.lines.take(spread(starts, counts), order, spread(np.ones_like(counts), counts))
    amount, quantity = _sums(lines, counts)
    cost = np.rint(amount * (sales.cost[sale] / sales.amount[sale])).astype(np.int64)
    fields = (sales.customer[sale], at, sales.channel[sale], sales.category[sale])
    return Orders(1, *fields, lines, counts, sale, amount, quantity, cost)


def order_ids(who: People, orders: Orders, rows: Ints | None = None) -> pa.Array:
    """Ids of orders: S or R, the chunk, and the position in it."""
    at = np.arange(orders.size) if rows is None else rows
    return ids("SR"[orders.kind], who.chunk * 10_000_000 + at, 12)


def delivered(orders: Orders, half: bool) -> Bools:
    """Which orders are delivered: all, or only every second one of the last days."""
    late = orders.at >= clock.END - truths.HALF_DELIVERY_DAYS * clock.DAY
    return ~(late & (np.cumsum(late) % 2 == 0)) if half else np.ones(orders.size, np.bool_)


def orders_table(who: People, sales: Orders, orders: Orders, kept: Bools) -> pa.Table:
    """The base table `orders`, of one kind, with the attribute `original_order_id`."""
    rows = np.flatnonzero(kept)
    original = order_ids(who, sales, orders.original[rows]) if orders.kind else pa.nulls(len(rows), pa.string())
    return pa.table(
        {
            "order_id": order_ids(who, orders, rows),
            "customer_id": coded(who.ids, orders.customer[rows]),
            "ordered_at": times(orders.at[rows]),
            "amount": money(orders.amount[rows]),
            "kind": coded(KINDS, np.full(len(rows), orders.kind)),
            "cost": money(orders.cost[rows]),
            "channel": coded(truths.CHANNELS, orders.channel[rows]),
            "category": coded(CATEGORIES, orders.category[rows]),
            "quantity": numbers(orders.quantity[rows]),
            "original_order_id": original,
        }
    )


def lines_table(who: People, orders: Orders, kept: Bools) -> pa.Table:
    """The base table `order_lines`, of the orders that are delivered."""
    lines = orders.lines
    rows = np.flatnonzero(kept[lines.order])
    products = [f"{category[:2].upper()}{n:02d}" for category in CATEGORIES for n in range(1, PRODUCTS + 1)]
    quantity, price = lines.quantity[rows], lines.price[rows]
    return pa.table(
        {
            "order_id": order_ids(who, orders, lines.order[rows]),
            "line_no": numbers(lines.line_no[rows]),
            "ordered_at": times(orders.at[lines.order[rows]]),
            "product_id": coded(products, lines.product[rows]),
            "category": coded(CATEGORIES, lines.product[rows] // PRODUCTS),
            "quantity": numbers(quantity),
            "unit_price": money(price),
            "amount": money(quantity * price),
        }
    )
