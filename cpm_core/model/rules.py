"""Rules that label customers, and sections that plugins add to a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cpm_core.model.kpi import Unit
from cpm_core.model.text import Text

TIERS: tuple[str, ...] = ("VIP", "key", "ordinary")
"""Highest first. Every customer is in exactly one."""

TIER_TITLES: Mapping[str, Text] = {
    "VIP": Text(en="VIP", zh="VIP 客户"),
    "key": Text(en="Key", zh="重点客户"),
    "ordinary": Text(en="Ordinary", zh="普通客户"),
}


@dataclass(frozen=True)
class TopShare:
    """Tiers are shares of the customers with a positive value, highest first, ties by id.

    ``shares`` are cumulative: ``{"VIP": 0.05, "key": 0.20}`` makes VIP of the first ⌈5 %⌉, and key of the rest of
    the first ⌈20 %⌉.
    """

    shares: Mapping[str, float]


@dataclass(frozen=True)
class ShareOfValue:
    """Tiers are the fewest customers that bring a share of the sum of positive values, ties by id.

    ``shares`` are cumulative: ``{"VIP": 0.5, "key": 0.8}``.
    """

    shares: Mapping[str, float]


@dataclass(frozen=True)
class AtLeast:
    """Tiers start at a value: ``{"VIP": 5000, "key": 1000}``. Limits are above zero."""

    limits: Mapping[str, float]


Cut = TopShare | ShareOfValue | AtLeast


@dataclass(frozen=True)
class TierRule:
    """Sorts customers into tiers by one value of `customer_profile`.

    The rule says what a customer's value is and where tiers are cut. The core sorts, and gives the reasons: who
    has no positive value is in the lowest tier; who held a higher tier keeps it down to a margin below its limit;
    a tier may have a capacity.

    ``value(profile, options, settings)`` gets the profile as an unbound table, as it was on the day that is asked
    for (`settings.as_of`), and returns a numeric column of it: more is better, null is none. It may use window
    functions. ``cut(options)`` returns where tiers are cut. Without ``options``, None is handed to both.
    """

    id: str
    title: Text
    value: Callable[[Any, Any, Any], Any]
    cut: Callable[[Any], Cut]
    value_title: Text | None = None
    """The value in words that go on with a sentence, such as `revenue of the trailing year`; None: those of the
    one column that ``columns`` names."""
    unit: Unit | None = None
    """How the value is written; None: as that column."""
    options: Callable[[], type] | None = None
    """The pydantic model of the options; it is validated with the workbook's settings as its context."""
    reads: tuple[str, ...] = ()
    """Base tables that it needs; without one of them nobody is sorted."""
    columns: Callable[[Any], Mapping[tuple[str | int, ...], str]] | None = None
    """The columns of the profile that the options name, by where in the options they stand: `{("column",): "sales"}`.
    The core sees that each is there, and says so where the table of one is not delivered."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""


STAGES: tuple[str, ...] = ("prospect", "new", "active", "loyal", "at_risk", "dormant", "lost", "won_back")
"""The stages of a customer's life. Every customer is in exactly one."""

STAGE_TITLES: Mapping[str, Text] = {
    "prospect": Text(en="Prospect", zh="潜在客户"),
    "new": Text(en="New", zh="新客户"),
    "active": Text(en="Active", zh="活跃客户"),
    "loyal": Text(en="Loyal", zh="忠诚客户"),
    "at_risk": Text(en="At risk", zh="流失风险"),
    "dormant": Text(en="Dormant", zh="沉睡客户"),
    "lost": Text(en="Lost", zh="流失客户"),
    "won_back": Text(en="Won back", zh="赢回客户"),
}


@dataclass(frozen=True)
class LifecycleRule:
    """Sorts customers into stages by columns of `customer_profile`.

    ``assign(profile, options, settings)`` gets the profile as an unbound table, as it was on the day that is asked
    for (`settings.as_of`), and returns a table of `customer_id`, `stage`, `reason` (a key of ``reasons``) and the
    columns that the reasons' placeholders name (`{pause:days}` is 1 day, 2 days). The model of ``options`` is validated with the workbook's settings
    as its context.
    """

    id: str
    title: Text
    assign: Callable[[Any, Any, Any], Any]
    reasons: Mapping[str, Text]
    options: Callable[[], type] | None = None
    reads: tuple[str, ...] = ()
    """Base tables that it needs; without one of them nobody has a stage."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""


@dataclass(frozen=True)
class ProfileColumn:
    """A column that a plugin adds to `customer_profile`.

    ``compute`` gets tables by its arguments' names, as a derived table's function does, and returns
    a table of `customer_id` (each at most once) and a column of the name ``id``. Where a table that
    it needs is missing, the profile goes without the column.
    """

    id: str
    title: Text
    compute: Callable[..., Any]
    unit: Unit = "number"
    """How a value is written where a rule sorts by it."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""


@dataclass(frozen=True)
class Check:
    """An expectation on a prepared base table.

    ``judge(stats)`` gets what is known of the table (`delivered`, `kept`, `rejected` by reason,
    `not_yet`, `first_day`, `last_day`, `daily`, `empty` …) and returns what is wrong, or None. With ``options`` it
    is ``judge(stats, options)``. `warn` says so in the report; `stop` ends the run, and readers keep the last
    report. A params file may choose the level and the options, for all tables and for each.
    """

    id: str
    title: Text
    table: str | tuple[str, ...]
    """One base table, several, or `*`: every one that is delivered."""
    judge: Callable[..., Text | None]
    level: Literal["warn", "stop"] = "warn"
    options: Callable[[], type] | None = None
    """The pydantic model of the options, whose keys all have defaults; None: it takes none."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""


@dataclass(frozen=True)
class Section:
    """A part that a plugin adds to the report.

    ``render(book)`` returns HTML, a frame or a chart; or None where there is nothing to show, and the page goes
    without it.
    """

    id: str
    title: Text
    render: Callable[[Any], Any]
    order: int = 100
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""
