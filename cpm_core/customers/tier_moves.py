"""Who came up and who fell since the end of the period before, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from cpm_core.customers.cuts import LOWEST, Numbers
from cpm_core.customers.hysteresis import FULL, Standing
from cpm_core.customers.labels import known_on
from cpm_core.customers.profile import PROFILE
from cpm_core.customers.reasons import start_of, tier_name
from cpm_core.customers.written import asked, quoted, sentence_sql, written, written_sql
from cpm_core.model.profile import Told
from cpm_core.model.rules import TIERS
from cpm_core.model.settings import Settings
from cpm_core.model.tables import TableSpec
from cpm_core.model.text import Locale, Text
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NEW = "new"
"""The row of the matrix for customers who were not known on the earlier day."""
COLUMNS = ("customer_id", "tier_before", "tier", "direction", "value_before", "value", "change", "why")

SEATED = Text(
    en="a seat became free in {tier}: {title} {before}, now {after}",
    zh="{tier}有名额空出：{title}由{before}变为{after}",
)
LOWERED = Text(
    en="{tier} starts lower, at {start} after {start_before}: {title} {before}, now {after}",
    zh="{tier}的门槛由{start_before}降至{start}：{title}由{before}变为{after}",
)
ROSE = Text(
    en="{title} rose from {before} to {after}; {tier} starts at {start}",
    zh="{title}由{before}升至{after}；{tier}的门槛为{start}",
)
CROWDED = Text(
    en="{held} is full, at {capacity}: {title} {before}, now {after}",
    zh="{held}名额已满（{capacity}）：{title}由{before}变为{after}",
)
RAISED = Text(
    en="{held} starts higher, at {start} after {start_before}: {title} {before}, now {after}",
    zh="{held}的门槛由{start_before}升至{start}：{title}由{before}变为{after}",
)
FELL = Text(
    en="{title} fell from {before} to {after}; {held} starts at {start} and is kept down to {least}",
    zh="{title}由{before}降至{after}；{held}的门槛为{start}，最低保留至{least}",
)
ARRIVED = Text(
    en="new since then: {title} {after}; {tier} starts at {start}", zh="新客户：{title}为{after}；{tier}的门槛为{start}"
)


@dataclass(frozen=True, eq=False)
class Moves:
    """What became of every customer's tier between two days.

    Attributes:
        before: The earlier day, the last of the period before.
        day: The workbook's as-of day.
        matrix: Customers by the tier then (a row each, `new` for who was not known) and the tier now (a column each).
        customers: Who moved, and who is new and above the lowest tier; columns are `COLUMNS`. ``direction`` is `up`,
            `down` or `new`. Those who came up first, then those who fell, then the new; each by the higher of
            their tiers and the greater value.
    """

    before: date
    day: date
    matrix: pd.DataFrame
    customers: pd.DataFrame

    def count(self, direction: str) -> int:
        """How many came up (`up`), fell (`down`) or are new above the lowest tier (`new`)."""
        return int((self.customers["direction"] == direction).sum())


@dataclass(frozen=True, eq=False)
class Compared:
    """Two standings of the same customers, in the order of customer_id."""

    then: Standing
    now: Standing
    ids: pa.ChunkedArray
    known: Numbers
    """Who was known on the earlier day."""

    def matrix(self) -> pd.DataFrame:
        """See :class:`Moves`."""
        import pandas as pd

        rows = np.where(self.known, self.then.tier, LOWEST + 1)
        counts = np.bincount(rows * len(TIERS) + self.now.tier, minlength=(LOWEST + 2) * len(TIERS))
        index = pd.Index([*TIERS, NEW], name="tier_before")
        return pd.DataFrame(counts.reshape(-1, len(TIERS)), index=index, columns=pd.Index(TIERS, name="tier"))

    def moved(self, told: Told, settings: Settings, locale: Locale) -> pd.DataFrame:
        """See :class:`Moves`."""
        import pandas as pd

        old, new = self.then.tier, self.now.tier
        chosen = np.flatnonzero(np.where(self.known, old != new, new < LOWEST))
        before, after = (one.worth.plain()[chosen] for one in (self.then, self.now))
        known, old, new = self.known[chosen], old[chosen], new[chosen]
        names = np.array(TIERS, dtype=object)
        rows = pd.DataFrame(
            {
                "customer_id": self.ids.take(chosen).to_pandas(),
                "tier_before": pd.Series(names[old], dtype="str").where(known),
                "tier": names[new],
                "direction": np.where(known, np.where(new < old, "up", "down"), NEW),
                "value_before": np.where(known, before, np.nan),
                "value": after,
            }
        )
        rows["change"] = rows["value"] - rows["value_before"]
        rows["why"] = _Words(self, told, settings, locale).of(rows, chosen)
        place = np.where(known, np.where(new < old, 0, 1), 2)
        greater = np.fmax(before, after)
        order = np.lexsort((-np.nan_to_num(greater), np.minimum(old, new), place))
        return rows.iloc[order].reset_index(drop=True)[list(COLUMNS)]


def known_by(catalog: Catalog, specs: Mapping[str, TableSpec], day: date) -> Numbers:
    """Which customers were known at the end of a day, in the order of customer_id."""
    import ibis

    everyone, first = catalog.unbound(PROFILE).select("customer_id"), known_on(catalog, specs)
    both = everyone.left_join(first, everyone.customer_id == first.customer_id)
    known = (both.known_on <= ibis.literal(day)).fill_null(False)  # ibis' own signature
    rows = both.select(everyone.customer_id, known=known).order_by("customer_id")
    found: Numbers = catalog.engine.arrow(rows.select("known"))["known"].to_numpy()
    return found


class _Words:
    def __init__(self, compared: Compared, told: Told, settings: Settings, locale: Locale) -> None:
        self._compared, self._told, self._settings, self._locale = compared, told, settings, locale

    def of(self, rows: pd.DataFrame, chosen: Numbers) -> pd.Series:
        """Why each of the chosen moved."""
        import pyarrow as pa

        then, now = self._compared.then, self._compared.now
        given = pa.table(
            {
                "direction": pa.array(rows["direction"], pa.string()),
                "old": then.tier[chosen],
                "new": now.tier[chosen],
                "was_full": then.why[chosen] == FULL,
                "is_full": now.why[chosen] == FULL,
                "before": rows["value_before"].to_numpy(),
                "after": rows["value"].to_numpy(),
            }
        )
        found = asked(given, f"{self._why()} AS why")
        words: pd.Series = found["why"].to_pandas()
        return words

    def _why(self) -> str:
        branches = []
        for tier in range(LOWEST):
            start = self._start(self._compared.now, tier)
            up, down = f"direction = 'up' AND new = {tier}", f"direction = 'down' AND old = {tier}"
            # To DuckDB NaN is the greatest number of all.
            for condition, text in (
                (f"{up} AND was_full", SEATED),
                (f"{up} AND NOT isnan(before) AND before >= {'NULL' if math.isnan(start) else start!r}", LOWERED),
                (up, ROSE),
                (f"{down} AND is_full", CROWDED),
                (f"{down} AND NOT isnan(after) AND after >= before", RAISED),
                (down, FELL),
                (f"direction = '{NEW}' AND new = {tier}", ARRIVED),
            ):
                branches.append(f"WHEN {condition} THEN {self._sql(text, tier)}")
        return f"CASE {' '.join(branches)} END"

    def _start(self, standing: Standing, tier: int) -> float:
        start = standing.starts[tier]
        return float("nan") if start is None else start / 10**standing.worth.scale

    def _sql(self, text: Text, tier: int) -> str:
        settings, locale, told = self._settings, self._locale, self._told
        then, now, currency = self._compared.then, self._compared.now, self._settings.currency
        least = self._start(now, tier) * (1 - settings.tier_margin)
        fixed = {
            "title": told.title.in_(locale),
            "tier": tier_name(TIERS[tier], locale),
            "held": tier_name(TIERS[tier], locale),
            "start": start_of(now, tier, told, currency, locale),
            "start_before": start_of(then, tier, told, currency, locale),
            "least": written(least, told.unit, currency, locale),
            "capacity": f"{settings.tier_capacity.get(TIERS[tier], 0):,}",
        }
        parts = {name: written_sql(name, told.unit, currency, locale) for name in ("before", "after")}
        return sentence_sql(text.in_(locale), parts | {name: quoted(words) for name, words in fixed.items()})
