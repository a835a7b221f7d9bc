"""Older than its usual delay: a load that did not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cpm_core.api import Check, Text, hookimpl
from cpm_core.builtin.checks._usual import longest_gap
from cpm_core.builtin.checks._words import joined

LEAST = 7
"""Days that are never too many: a week, since many systems are loaded once a week."""
FEWEST_DAYS = 12
"""Days with rows that it takes to say how long a gap usually is."""
SHORTEST = 84
"""Days from the first of them to the last: twelve weeks."""
ARCHIVE = 365
"""Days after which a source beside a newer one is an archive."""

_OLD = Text(
    en="source {source} has nothing after {last}, {days} days before the as-of day; at most {most} are usual",
    zh="来源 {source} 在 {last} 之后没有数据，距截止日 {days} 天；通常最多 {most} 天",
)


def _options() -> type:
    from cpm_core.builtin.checks._options import Freshness

    return Freshness


def judge(stats: Any, options: Any) -> Text | None:
    """How long before the as-of day each source ends, against the longest gap of its year before."""
    if not stats.event:
        return None
    ages = {source: _age(stats, daily) for source, daily in stats.daily.items()}
    newest = min(ages.values(), default=0)
    judged = {source: age for source, age in ages.items() if age <= ARCHIVE or age == newest}
    return joined(_old(stats, source, age, options) for source, age in judged.items())


def _age(stats: Any, daily: tuple[int, ...]) -> int:
    if stats.loaded_until is not None:
        return max(int((stats.as_of - stats.loaded_until).days), 0)
    return next((back for back, rows in enumerate(reversed(daily)) if rows), len(daily))


def _old(stats: Any, source: str, age: int, options: Any) -> Text | None:
    most = options.days if options.days is not None else _usual(stats.daily[source])
    if most is None or age <= most:
        return None
    return _OLD.format(source=source, last=stats.as_of - timedelta(days=age), days=age, most=most)


def _usual(daily: tuple[int, ...]) -> int | None:
    """Twice the longest gap of the year that ends with the last row; None: there is too little to tell."""
    last = next((back for back, rows in enumerate(reversed(daily)) if rows), 0)
    year = daily[: len(daily) - last][-365:]
    days = [day for day, rows in enumerate(year) if rows]
    if len(days) < FEWEST_DAYS or days[-1] - days[0] < SHORTEST:
        return None
    return max(LEAST, 2 * longest_gap(year))


@hookimpl
def cpm_checks() -> list[Check]:
    """The check that params call `freshness`."""
    title = Text(en="Older than its usual delay", zh="数据比通常的延迟更旧")
    return [Check("freshness", title, "*", judge, "stop", _options)]
