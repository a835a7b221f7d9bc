"""A small random company, and its figures worked out row by row in plain Python."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from tests.measure import random_service

AS_OF = date(2024, 3, 20)
FIRST = date(2022, 6, 1)
REGIONS = ("North", "South", None)


def company(seed: int) -> dict[str, pd.DataFrame]:
    """Tables with rows until a month after the as-of day."""
    random = np.random.default_rng(seed)
    days = (AS_OF - FIRST).days + 30

    def moment() -> datetime:
        # By day, so that no time falls into an hour that does not exist or comes twice.
        hour = int(random.integers(8 * 60, 20 * 60))
        return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=int(random.integers(days)), minutes=hour)

    def later(start: datetime, most: float) -> datetime | None:
        return start + timedelta(minutes=int(random.exponential(most * 60)) + 1) if random.random() < 0.8 else None

    who = [f"c{i:02d}" for i in range(40)]
    customers = [
        {
            "customer_id": c,
            "region": REGIONS[i % 3],
            "segment": f"s{i % 2}",
            "created_at": FIRST + timedelta(days=17 * i % 660),
        }
        for i, c in enumerate(who)
    ]
    orders = []
    for i in range(400):
        kind = "return" if random.random() < 0.1 else "sale"
        cents = int(random.integers(0, 20_000))
        amount = f"{'-' if kind == 'return' else ''}{cents / 100:.2f}"
        one = {"order_id": f"o{i}", "customer_id": who[int(random.integers(38))], "ordered_at": moment()}
        one |= {"amount": amount, "kind": kind, "channel": ("web", "shop", None)[i % 3]}
        cost = f"{'-' if kind == 'return' else ''}{cents * (40 + i % 41) // 100 / 100:.2f}"
        orders.append({**one, "cost": None if i % 40 == 0 else cost})
    tickets = []
    for i in range(200):
        opened = moment()
        one = {"ticket_id": f"t{i}", "customer_id": who[int(random.integers(40))], "opened_at": opened}
        one |= {"first_response_at": later(opened, 20), "resolved_at": later(opened, 90)}
        one |= {"closed_at": later(opened, 200) if i % 4 == 0 else None}
        one |= {"waiting_hours": (None, "0", "1.25", "7.5")[i % 4], "reopened_count": ("0", None, "1", "0", "2")[i % 5]}
        one |= {"priority": ("high", "low", None)[int(random.integers(3))], "team": ("red", "blue")[i % 2]}
        tickets.append({**one, "kind": ("complaint", "question")[int(random.integers(2))]})
    surveys = []
    for i in range(300):
        sent = moment()
        answered = later(sent, 24 * 8)
        kind, high = (("csat", 5), ("csat", 7), ("nps", 10), ("ces", 7))[i % 4]
        one = {"response_id": f"r{i}", "customer_id": who[int(random.integers(40))], "sent_at": sent}
        one |= {"responded_at": answered, "score": float(random.integers(1, high + 1)) if answered else None}
        surveys.append({**one, "kind": kind, "scale_min": 0 if kind == "nps" else 1, "scale_max": high})
    tables = {"customers": customers, "orders": orders, "tickets": tickets, "surveys": surveys}
    return {name: _text(pd.DataFrame(rows)) for name, rows in tables.items()}


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    """As it would stand in a CSV file."""
    return frame.astype("object").map(lambda cell: None if pd.isna(cell) else str(cell)).astype("str")


def _cell(key: str, cell: object) -> object:
    """A time as a time, and nothing for what was not known on the as-of day."""
    if pd.isna(cell) or not key.endswith("_at"):
        return None if pd.isna(cell) else cell
    moment = datetime.fromisoformat(str(cell))
    later = key in ("first_response_at", "resolved_at", "responded_at", "closed_at") and moment.date() > AS_OF
    return None if later else moment


def cents(amount: object) -> int:
    """Money in whole cents."""
    return round(100 * float(amount))


def year_before(day: date) -> date:
    """The same first day of a month a year earlier."""
    return day.replace(year=day.year - 1)


@dataclass(frozen=True)
class Plain:
    """The figures of one month, `(numerator, denominator)` or a value, by loops over rows."""

    tables: dict[str, pd.DataFrame]
    start: date
    end: date

    @property
    def last(self) -> date:
        return min(self.end - timedelta(days=1), AS_OF)

    def rows(self, table: str, time: str) -> list[dict[str, object]]:
        """Rows by the as-of day, with times as times."""
        rows = [{key: _cell(key, cell) for key, cell in row.items()} for row in self.tables[table].to_dict("records")]
        return [row for row in rows if row[time] is not None and row[time].date() <= AS_OF]

    def inside(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment.date() < self.end

    def figures(self) -> dict[str, object]:
        """KPI to figure."""
        return {
            **self.sales(),
            **self.margin(),
            **self.customers(),
            **self.concentration(),
            **self.contacts(),
            **self.satisfaction(),
            **self.service(),
        }

    def sales(self) -> dict[str, object]:
        mine = [row for row in self.rows("orders", "ordered_at") if self.inside(row["ordered_at"])]
        gross = sum(round(100 * float(row["amount"])) for row in mine if row["kind"] == "sale")
        back = -sum(round(100 * float(row["amount"])) for row in mine if row["kind"] == "return")
        count = sum(row["kind"] == "sale" for row in mine)
        buyers = len({row["customer_id"] for row in mine if row["kind"] == "sale"})
        return {
            "revenue": (gross - back) / 100,
            "gross_sales": gross / 100,
            "orders": count,
            "active_customers": buyers,
            "return_rate": (back / 100, gross / 100),
            "average_order_value": (gross / 100, count),
            "purchase_frequency": (count, buyers),
        }

    def margin(self) -> dict[str, object]:
        mine = [row for row in self.rows("orders", "ordered_at") if self.inside(row["ordered_at"])]
        costed = [row for row in mine if row["cost"] is not None]
        amount, cost = (sum(cents(row[name]) for row in costed) for name in ("amount", "cost"))
        covered = sum(abs(cents(row["amount"])) for row in costed)
        enough = covered >= 0.9 * sum(abs(cents(row["amount"])) for row in mine)
        base = replace(self, start=year_before(self.start), end=year_before(self.end)).sales()["revenue"]
        over = self.end <= AS_OF
        return {
            "gross_margin": ((amount - cost) / 100, amount / 100) if enough else float("nan"),
            "revenue_growth": self.sales()["revenue"] / base - 1 if over and base > 0 else float("nan"),
        }

    def concentration(self) -> dict[str, object]:
        year = defaultdict(int)
        for row in self.rows("orders", "ordered_at"):
            if self.last - timedelta(days=365) < row["ordered_at"].date() <= self.last:
                year[row["customer_id"]] += cents(row["amount"])
        held = sorted(amount for amount in year.values() if amount > 0)
        n, whole = len(held), sum(held)
        weighed = sum((2 * rank - n - 1) * amount for rank, amount in enumerate(held, start=1))
        return {
            "top_20_share": (sum(held[n - -(-n // 5) :]) / 100, whole / 100),
            "revenue_gini": (weighed / 100, n * whole / 100),
        }

    def contacts(self) -> dict[str, object]:
        made = [row for row in self.rows("customers", "created_at") if self.inside(row["created_at"])]
        due = [row for row in made if row["created_at"].date() <= AS_OF - timedelta(days=90)]
        sales = [row for row in self.rows("orders", "ordered_at") if row["kind"] == "sale"]

        def converted(row: dict[str, object]) -> bool:
            mine = [sale["ordered_at"].date() for sale in sales if sale["customer_id"] == row["customer_id"]]
            return any(0 <= (day - row["created_at"].date()).days <= 90 for day in mine)

        return {"prospect_conversion": (sum(map(converted, due)), len(due))}

    def customers(self) -> dict[str, object]:
        sales = defaultdict(list)
        for row in self.rows("orders", "ordered_at"):
            if row["kind"] == "sale":
                sales[row["customer_id"]].append(row["ordered_at"].date())
        day_before = self.start - timedelta(days=1)

        def active(days: list[date], on: date) -> bool:
            return any(on - timedelta(days=90) < day <= on for day in days)

        def due(days: list[date]) -> bool:
            return not active([day for day in days if day < self.start], self.last)

        start = [days for days in sales.values() if active(days, day_before)]
        stays = [days for days in sales.values() if active(days, self.last)]
        gone = [days for days in sales.values() if min(days) < self.start and not active(days, day_before)]
        kept = sum(active(days, self.last) for days in start)
        are_due = [days for days in start if due(days)]
        bought = sum(any(self.start <= day <= self.last for day in days) for days in are_due)
        year = [sum(self.last - timedelta(days=365) < day <= self.last for day in days) for days in sales.values()]
        return {
            "retention_rate": (kept, len(start)),
            "churn_rate": (len(start) - kept, len(start)),
            "due_retention_rate": (bought, len(are_due)),
            "new_customers": sum(self.start <= min(days) < self.end for days in sales.values()),
            "reactivated_customers": sum(any(self.start <= day <= self.last for day in days) for days in gone),
            "customer_tenure_days": (sum((self.last - min(days)).days for days in stays), len(stays)),
            "repeat_rate": (sum(n >= 2 for n in year), sum(n >= 1 for n in year)),
        }

    def satisfaction(self) -> dict[str, object]:
        surveys = self.rows("surveys", "sent_at")
        answered = [row for row in surveys if self.inside(row["responded_at"]) and row["score"] is not None]
        top = {"5": 4, "7": 5.5}
        csat = [float(row["score"]) >= top[row["scale_max"]] for row in answered if row["kind"] == "csat"]
        nps = [float(row["score"]) for row in answered if row["kind"] == "nps"]
        ces = [float(row["score"]) for row in answered if row["kind"] == "ces"]
        rescaled = [
            1 + 4 * (float(row["score"]) - 1) / (float(row["scale_max"]) - 1)
            for row in answered
            if row["kind"] == "csat"
        ]
        return {
            "csat": (sum(csat), len(csat)),
            "csat_mean": sum(rescaled) / len(rescaled),
            "nps": (100 * (sum(score >= 9 for score in nps) - sum(score <= 6 for score in nps)), len(nps)),
            "ces": (sum(ces), len(ces)),
            "survey_response_rate": self.responses("csat", "nps", "ces"),
            **{f"{kind}_response_rate": self.responses(kind) for kind in ("csat", "nps", "ces")},
        }

    def responses(self, *kinds: str) -> tuple[int, int]:
        """Answered within 14 days, of those sent 14 days before the as-of day or earlier."""
        sent = [row for row in self.rows("surveys", "sent_at") if row["kind"] in kinds and self.inside(row["sent_at"])]
        due = [row for row in sent if row["sent_at"].date() <= AS_OF - timedelta(days=14)]
        in_time = [
            row for row in due if row["responded_at"] and row["responded_at"] <= row["sent_at"] + timedelta(days=14)
        ]
        return len(in_time), len(due)

    def service(self) -> dict[str, object]:
        opened = [row for row in self.rows("tickets", "opened_at") if self.inside(row["opened_at"])]
        buyers = {
            row["customer_id"]
            for row in self.rows("orders", "ordered_at")
            if row["kind"] == "sale" and self.inside(row["ordered_at"])
        }
        served = buyers | {row["customer_id"] for row in opened}
        return {
            "tickets": len(opened),
            "complaint_rate": (sum(row["kind"] == "complaint" for row in opened), len(served)),
            **random_service.figures(self.rows("tickets", "opened_at"), opened, self.inside, self.last, AS_OF, median),
        }


def median(times: list[tuple[float, bool]]) -> float:
    """Kaplan-Meier by redistribution to the right: a censored row's weight goes to all that wait longer.

    Times are in order, each with whether it is censored.
    """
    weights = [1 / len(times)] * len(times)
    gone, half = 0.0, []
    for i, (time, censored) in enumerate(times):
        if censored:
            for j in range(i + 1, len(times)):
                weights[j] += weights[i] / (len(times) - i - 1)
        else:
            gone += weights[i]
            half += [time] if gone >= 0.5 - 1e-12 else []
        if half and (gone > 0.5 + 1e-12 or len(half) == 2):
            break
    # Where the curve lies on one half until the next event, the middle of both is taken.
    return sum(half) / len(half) if half else float("nan")
