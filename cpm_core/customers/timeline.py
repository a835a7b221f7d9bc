"""What happened with one customer, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("at", "until", "lane", "kind", "size", "mood", "words")
"""Of a timeline. `lane` is the base table; `until` is the end of a ticket or contract, missing while it lasts;
`size` is the amount of an order or return and the monthly amount of a contract, else missing; `mood` of an answer is
`good`, `middle` or `bad`; `words` are the score or the plan."""
LANES = ("orders", "tickets", "surveys", "interactions", "subscriptions")
"""Tables that a timeline is made of, from top to bottom."""

Row = tuple[Any, Any, str, str, float, str, str]


def timeline(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a thing that happened, oldest first; columns are `COLUMNS`.

    Args:
        tables: The customer's rows by base table.
    """
    import pandas as pd

    rows = [row for lane in LANES if lane in tables for row in _MAKERS[lane](tables[lane])]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("at", "until"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.sort_values(["at", "lane", "kind"], kind="stable", ignore_index=True)


def mood(kind: str, score: float, low: float, high: float) -> str:
    """How an answer is meant: as the KPI book counts satisfaction and promoters; what is neither good nor bad is middle.

    An NPS of 9 or 10 is good, of 0 to 6 bad; of any other scale the top quarter is good, the lower half bad.
    """
    if kind == "nps":
        return "good" if score >= 9 else "bad" if score <= 6 else "middle"
    share = (score - low) / (high - low)
    return "good" if share >= 0.75 else "bad" if share < 0.5 else "middle"


def _get(row: Mapping[Any, Any], name: str) -> Any:
    """A value, None where it is missing or its column is."""
    value = row.get(name)
    return None if value is None or value != value else value  # noqa: PLR0124  # NaN and NaT differ from themselves


def _orders(frame: pd.DataFrame) -> Iterator[Row]:
    for row in frame.to_dict("records"):
        yield row["ordered_at"], None, "orders", row["kind"], float(row["amount"]), "", ""


def _tickets(frame: pd.DataFrame) -> Iterator[Row]:
    for row in frame.to_dict("records"):
        ends = [end for end in (_get(row, "resolved_at"), _get(row, "closed_at")) if end is not None]
        kind = "complaint" if _get(row, "kind") == "complaint" else "ticket"
        yield row["opened_at"], min(ends, default=None), "tickets", kind, float("nan"), "", ""


def _surveys(frame: pd.DataFrame) -> Iterator[Row]:
    for row in frame.to_dict("records"):
        score = _get(row, "score")
        if score is not None:
            meant = mood(row["kind"], score, row["scale_min"], row["scale_max"])
            yield row["responded_at"], None, "surveys", row["kind"], float("nan"), meant, f"{score:g}"


def _interactions(frame: pd.DataFrame) -> Iterator[Row]:
    for row in frame.to_dict("records"):
        yield row["occurred_at"], None, "interactions", str(row["kind"]), float("nan"), "", ""


def _subscriptions(frame: pd.DataFrame) -> Iterator[Row]:
    for row in frame.to_dict("records"):
        plan = str(_get(row, "plan") or "")
        amount = float(row["monthly_amount"])
        yield row["started_at"], _get(row, "ended_at"), "subscriptions", "contract", amount, "", plan


_MAKERS: Mapping[str, Callable[[Any], Iterator[Row]]] = {
    "orders": _orders,
    "tickets": _tickets,
    "surveys": _surveys,
    "interactions": _interactions,
    "subscriptions": _subscriptions,
}


def month_starts(first: date, last: date, most: int) -> list[date]:
    """First days of months between two days, evenly apart, at most so many: for the ticks of an axis."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next(size for size in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if months // size + 1 <= most)
    found = []
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        start = date(number // 12, number % 12 + 1, 1)
        if number % step == 0 and start >= first:
            found.append(start)
    return found


def day_number(when: datetime | date) -> float:
    """A time as days since the year 1, with its part of the day."""
    part = (when.hour * 60 + when.minute) / 1440 if isinstance(when, datetime) else 0.0
    return when.toordinal() + part
