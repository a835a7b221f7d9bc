"""Predicted against actual orders on a part of the history that a model did not see.

The last days of the history are held out. The model is fitted to what was known on the day before they begin, and
predicts how often each customer who had bought by then buys in them. Beside it stands the naive forecast that each
customer does it all again: as many orders as in the stretch of the same length before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cpm_core.customers.histories import Histories, Numbers, fetch, histories, occasions
from cpm_core.customers.models.orders import expected_orders
from cpm_core.customers.valuation import fit_orders
from cpm_core.model.text import Text

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from cpm_core.tables.derive import Catalog

SHARE, MOST_DAYS, LEAST_DAYS = 4, 365, 7
"""Held out: a quarter of the history, at most a year, at least a week."""
WEEKLY = 140
"""Up to so many held-out days the course is told by week, beyond by month of 30 days."""
GROUPS = 10
MEASURES = ("total", "mae", "rmse", "rank")

_SHORT = Text(
    en="the history of {days} days is too short to hold a part of it out",
    zh="历史数据只有 {days} 天，不足以留出一段用于回测",
)
_BEFORE = Text(
    en="hold_out_days, {days}, leaves no history: it begins on {first}",
    zh="hold_out_days 为 {days} 天，之前没有历史数据：数据始于 {first}",
)
_UNFITTED = Text(en="without the last {days} days: {reason}", zh="去掉最后 {days} 天后：{reason}")


@dataclass(frozen=True)
class Backtest:
    """What a model and the naive forecast said of the held-out days, and what happened.

    Attributes:
        cut: The last day that the model saw.
        until: The last held-out day.
        customers: Who had bought by the cut; those who came later are in neither forecast.
        errors: A row each for `model` and `naive`: `predicted` and `actual` orders, `total` (relative error of the
            total), `mae` and `rmse` (per customer, in orders), `rank` (Spearman's correlation over customers).
        deciles: A row each tenth of customers, the highest prediction first: `customers`, and mean orders
            `predicted`, `actual` and `naive`.
        course: A row a week or month: `day`, and orders so far `predicted`, `actual` and `naive`.
        reason: Why there is none.
    """

    cut: date
    until: date
    customers: int = 0
    errors: pd.DataFrame | None = None
    deciles: pd.DataFrame | None = None
    course: pd.DataFrame | None = None
    reason: Text | None = None

    @property
    def first(self) -> date:
        """The first held-out day."""
        return self.cut + timedelta(days=1)

    @property
    def days(self) -> int:
        """How many are held out."""
        return (self.until - self.cut).days

    @property
    def lost(self) -> tuple[str, ...]:
        """The measures of error by which the naive forecast was nearer than the model."""
        if self.errors is None:
            return ()
        model, naive = self.errors.loc["model"], self.errors.loc["naive"]
        worse = {name: abs(model[name]) > abs(naive[name]) for name in ("total", "mae", "rmse")}
        worse["rank"] = bool(model["rank"] < naive["rank"])
        return tuple(name for name in MEASURES if worse[name])


def held_out(first: date, as_of: date, asked: int | None) -> int:
    """How many days to hold out of a history; 0 if it is too short."""
    if asked is not None:
        return asked if (as_of - first).days > asked else 0
    days = min(MOST_DAYS, (as_of - first).days // SHARE)
    return days if days >= LEAST_DAYS else 0


def backtest(catalog: Catalog, day: date) -> Backtest:
    """Hold the last part of the orders up to a day out, and see; by the catalog's conventions of value."""
    known = occasions(catalog.at("orders", day))
    first = catalog.engine.frame(known.aggregate(first=known.day.min()))["first"].iloc[0]
    if first is None or first != first:  # noqa: PLR0124  # NaT is the one value that differs from itself
        return Backtest(day, day, reason=_SHORT.format(days=0))
    began = first.date() if hasattr(first, "date") else first
    asked = catalog.settings.value.hold_out_days
    days = held_out(began, day, asked)
    if not days:
        short = _SHORT.format(days=(day - began).days)
        return Backtest(day, day, reason=_BEFORE.format(days=asked, first=began) if asked else short)
    cut = day - timedelta(days=days)
    seen = _Seen.of(catalog, known, cut, day)
    fit, history, _ = fit_orders(catalog.settings.value.model, seen.histories)
    if fit.reason is not None:
        return Backtest(cut, day, len(seen.histories), reason=_UNFITTED.format(days=days, reason=fit.reason))
    predict = partial(expected_orders, fit, history)
    predicted = predict(days)
    return Backtest(
        cut,
        day,
        len(seen.histories),
        errors=_errors(predicted, seen),
        deciles=_deciles(predicted, seen),
        course=_course(predict, seen, cut, days),
    )


@dataclass(frozen=True)
class _Seen:
    """By customer: the history at the cut, orders after it and in as many days before it; and both by day."""

    histories: Histories
    actual: Numbers
    naive: Numbers
    by_day: pd.DataFrame
    """Columns `ahead` (days from the cut; those before it shifted by as many as are held out), `actual`, `naive`."""

    @classmethod
    def of(cls, catalog: Catalog, known: ir.Table, cut: date, day: date) -> _Seen:
        """Ask the engine. What was known at the cut does not know of later returns; what happened does."""
        then = occasions(catalog.at("orders", cut))
        before = cut - (day - cut)
        whole = histories(then, cut)
        mine = known.filter(known.day > cut).semi_join(whole, "customer_id")
        past = then.filter(then.day > before)
        actual = mine.group_by(_actual_id="customer_id").aggregate(actual=mine.count())
        naive = past.group_by(_naive_id="customer_id").aggregate(naive=past.count())
        rows = whole.left_join(actual, whole.customer_id == actual["_actual_id"]).drop("_actual_id")
        rows = rows.left_join(naive, rows.customer_id == naive["_naive_id"]).drop("_naive_id")
        found, (happened, again) = fetch(catalog.engine, rows, ("actual", "naive"))
        daily = [_daily(catalog, mine, cut, "actual"), _daily(catalog, past, before, "naive")]
        by_day = daily[0].merge(daily[1], on="ahead", how="outer").fillna(0).sort_values("ahead", ignore_index=True)
        return cls(found, happened, again, by_day)


def _daily(catalog: Catalog, rows: ir.Table, since: date, name: str) -> pd.DataFrame:
    """Orders by the number of days since a day."""
    frame = catalog.engine.frame(rows.group_by("day").aggregate(orders=rows.count()))
    ahead = (frame["day"].astype("datetime64[s]") - np.datetime64(since, "s")).dt.days
    return ahead.to_frame("ahead").assign(**{name: frame["orders"].astype("float64")})


def _errors(predicted: Numbers, seen: _Seen) -> pd.DataFrame:
    """How far each forecast was from what happened."""
    import pandas as pd

    rows = {"model": predicted, "naive": seen.naive}
    return pd.DataFrame.from_dict(
        {name: error_measures(forecast, seen.actual) for name, forecast in rows.items()}, orient="index"
    )


def error_measures(forecast: Numbers, actual: Numbers) -> dict[str, Any]:
    """Of one forecast, a number a customer: see `Backtest.errors`."""
    from scipy.stats import spearmanr

    total, gap = float(actual.sum()), forecast - actual
    varies = len(actual) > 2 and np.ptp(forecast) > 0 and np.ptp(actual) > 0
    return {
        "predicted": float(forecast.sum()),
        "actual": total,
        "total": (float(forecast.sum()) - total) / total if total else np.nan,
        "mae": float(np.abs(gap).mean()),
        "rmse": float(np.sqrt((gap**2).mean())),
        "rank": float(spearmanr(forecast, actual).statistic) if varies else np.nan,
    }


def _deciles(predicted: Numbers, seen: _Seen) -> pd.DataFrame:
    """By tenth of the prediction, the highest first; equal predictions in order of ids."""
    import pandas as pd

    order = np.argsort(-predicted, kind="stable")
    group = np.empty(len(order), np.int64)
    group[order] = np.arange(len(order)) * GROUPS // len(order) + 1
    frame = pd.DataFrame({"decile": group, "predicted": predicted, "actual": seen.actual, "naive": seen.naive})
    found = frame.groupby("decile").mean()
    found.insert(0, "customers", frame.groupby("decile").size())
    return found.reset_index()


def _course(predict: Callable[[int], Numbers], seen: _Seen, cut: date, days: int) -> pd.DataFrame:
    """Orders so far at the end of each week or month, and of the last day."""
    import pandas as pd

    step = 7 if days <= WEEKLY else 30
    ends = [*range(step, days, step), days]
    so_far = [seen.by_day[seen.by_day["ahead"] <= end][["actual", "naive"]].sum() for end in ends]
    return pd.DataFrame(
        {
            "day": [cut + timedelta(days=end) for end in ends],
            "predicted": [float(predict(end).sum()) for end in ends],
            "actual": [one["actual"] for one in so_far],
            "naive": [one["naive"] for one in so_far],
        }
    )
