"""Random companies with rows in every base table, and what a delivery may do to rows without changing a figure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

AS_OF = date(2024, 3, 20)
FIRST = date(2022, 9, 1)
END = datetime(2024, 3, 21)
LATER = timedelta(days=600)
"""Added to any row's time it leads past the as-of day."""
TIMES = {
    "customers": ("created_at",),
    "orders": ("ordered_at",),
    "tickets": ("opened_at", "first_response_at", "resolved_at", "closed_at"),
    "surveys": ("sent_at", "responded_at"),
    "interactions": ("occurred_at",),
    "subscriptions": ("started_at", "ended_at"),
    "points": ("occurred_at",),
    "costs": ("occurred_at",),
}
KNOWN_LATER = ("first_response_at", "resolved_at", "closed_at", "responded_at", "ended_at")
Tables = dict[str, pd.DataFrame]


def company(seed: int, customers: int, rows: int, nulls: float) -> Tables:
    """Eight base tables; ``nulls`` is the share of empty cells in columns that may be empty."""
    random = np.random.default_rng(seed)

    def moments(count: int) -> list[datetime]:
        days = random.integers((AS_OF - FIRST).days + 1, size=count)
        minutes = random.integers(6 * 60, 22 * 60, size=count)
        start = datetime.combine(FIRST, datetime.min.time())
        return [start + timedelta(days=int(d), minutes=int(m)) for d, m in zip(days, minutes, strict=True)]

    def after(starts: list[datetime], hours: float) -> list[datetime]:
        waits = random.exponential(hours, len(starts))
        return [start + timedelta(minutes=1 + int(60 * wait)) for start, wait in zip(starts, waits, strict=True)]

    def some(cells: list[object], share: float = nulls) -> list[object]:
        return [None if random.random() < share else cell for cell in cells]

    def of(*words: object, count: int = rows) -> list[object]:
        return [words[i] for i in random.integers(len(words), size=count)]

    def cents(count: int = rows, most: int = 30_000) -> list[float]:
        return [int(c) / 100 for c in random.integers(1, most, size=count)]

    who = [f"c{i:03d}" for i in range(customers)]
    kinds = of("sale", "sale", "sale", "sale", "return")
    sign = [1 if kind == "sale" else -1 for kind in kinds]
    opened, sent, started = moments(rows), moments(rows), moments(rows)
    responded = some(after(sent, 200), 0.3)
    scales = of(("csat", 1, 5), ("csat", 0, 10), ("nps", 0, 10), ("ces", 1, 7))
    scored = zip(scales, responded, strict=True)
    made = {
        "customers": {
            "customer_id": who,
            "region": some(of("North", "South", count=customers)),
            "segment": some(of("a", "b", "c", count=customers)),
            "created_at": some(moments(customers)),
        },
        "orders": {
            "order_id": [f"o{i}" for i in range(rows)],
            "customer_id": of(*who),
            "ordered_at": moments(rows),
            "kind": kinds,
            "amount": [s * amount for s, amount in zip(sign, cents(), strict=True)],
            "cost": some(
                [s * amount for s, amount in zip(sign, cents(), strict=True)], nulls if nulls == 1 else nulls / 4
            ),
            "channel": some(of("web", "shop")),
        },
        "tickets": {
            "ticket_id": [f"t{i}" for i in range(rows)],
            "customer_id": of(*who),
            "opened_at": opened,
            "kind": some(of("complaint", "question")),
            "first_response_at": some(after(opened, 30), 0.2),
            "resolved_at": some(after(opened, 90), 0.3),
            "closed_at": some(after(opened, 300), 0.7),
            "priority": some(of("high", "low")),
            "reopened_count": some(of(0, 0, 1)),
        },
        "surveys": {
            "response_id": [f"r{i}" for i in range(rows)],
            "customer_id": of(*who),
            "sent_at": sent,
            "responded_at": responded,
            "kind": [k for k, _, _ in scales],
            "score": [None if at is None else int(random.integers(low, high + 1)) for (_, low, high), at in scored],
            "scale_min": [low for _, low, _ in scales],
            "scale_max": [high for _, _, high in scales],
        },
        "interactions": {
            "interaction_id": [f"i{i}" for i in range(rows)],
            "customer_id": of(*who),
            "occurred_at": moments(rows),
            "kind": of("call", "mail"),
            "cost": some(cents(most=900)),
        },
        "subscriptions": {
            "subscription_id": [f"s{i}" for i in range(rows)],
            "customer_id": of(*who),
            "started_at": started,
            "ended_at": some(after(started, 4000), 0.5),
            "monthly_amount": cents(),
        },
        "points": {
            "entry_id": [f"p{i}" for i in range(rows)],
            "customer_id": of(*who),
            "occurred_at": moments(rows),
            "points": of(50, 20, -10),
            "kind": of("earn", "redeem", "adjust"),
        },
        "costs": {
            "cost_id": [f"k{i}" for i in range(rows)],
            "occurred_at": moments(rows),
            "center": of("care", "sales"),
            "amount": cents(),
        },
    }
    return {name: text(pd.DataFrame(columns)) for name, columns in made.items()}


def text(frame: pd.DataFrame) -> pd.DataFrame:
    """As it would stand in a CSV file; what is nothing stays nothing."""
    return frame.astype("object").map(lambda cell: None if pd.isna(cell) else str(cell)).astype("str")


def with_later_rows(tables: Mapping[str, pd.DataFrame]) -> Tables:
    """Every row again under a new key, at a time after the as-of day."""
    found = {}
    for name, frame in tables.items():
        copy = frame.copy()
        copy[copy.columns[0]] += "-later"
        for column in TIMES[name]:
            copy[column] = [_moved(cell) for cell in copy[column]]
        copy = copy[copy[TIMES[name][0]].notna()]
        found[name] = pd.concat([frame, copy], ignore_index=True)
    return found


def _moved(cell: object) -> object:
    return None if pd.isna(cell) else str(datetime.fromisoformat(str(cell)) + LATER)


def without_later_times(tables: Mapping[str, pd.DataFrame]) -> Tables:
    """Every time after the as-of day emptied, and the score that came with it."""
    found = {}
    for name, frame in tables.items():
        found[name] = frame.copy()
        for column in set(TIMES[name]) & set(KNOWN_LATER):
            late = pd.to_datetime(frame[column]) >= END
            found[name].loc[late, [column, *(["score"] if column == "responded_at" else [])]] = None
    return found


def twice(tables: Mapping[str, pd.DataFrame], seed: int) -> Tables:
    """Some rows delivered twice."""
    return {
        name: pd.concat([frame, frame.sample(frac=0.5, random_state=seed)], ignore_index=True)
        for name, frame in tables.items()
    }


def shuffled(tables: Mapping[str, pd.DataFrame], seed: int) -> Tables:
    """The same rows in another order."""
    return {name: frame.sample(frac=1, random_state=seed, ignore_index=True) for name, frame in tables.items()}
