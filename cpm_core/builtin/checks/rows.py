"""Under half the usual rows: a load that broke off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cpm_core.api import Check, Text, hookimpl
from cpm_core.builtin.checks._usual import WINDOW, usual_of
from cpm_core.builtin.checks._words import joined

_FEW = Text(
    en="{rows:,} rows of source {source} in the {days} days to {end}, where about {usual:,.0f} are usual ({share:.0%})",
    zh="来源 {source} 在截至 {end} 的 {days} 天内有 {rows:,} 行，通常约 {usual:,.0f} 行（{share:.0%}）",
)


def _options() -> type:
    from cpm_core.builtin.checks._options import Rows

    return Rows


def judge(stats: Any, options: Any) -> Text | None:
    """Each source's rows of the last four weeks against what its own past makes of them."""
    if not stats.event:
        return None
    found = [_few(stats, source, daily, options.at_least) for source, daily in stats.daily.items()]
    return joined(found)


def _few(stats: Any, source: str, daily: tuple[int, ...], share: float) -> Text | None:
    if stats.loaded_until is not None:
        later = max((stats.as_of - stats.loaded_until).days, 0)
    else:
        # Without a word of the source, it reaches to its last row; how long ago that is, `freshness` judges.
        later = next((back for back, rows in enumerate(reversed(daily)) if rows), 0)
    daily = daily[: len(daily) - later]
    usual = usual_of(daily)
    rows = sum(daily[-WINDOW:])
    if usual is None or rows > usual.limit(share):
        return None
    end = stats.as_of - timedelta(days=later)
    return _FEW.format(rows=rows, source=source, days=WINDOW, end=end, usual=usual.rows, share=rows / usual.rows)


@hookimpl
def cpm_checks() -> list[Check]:
    """The check that params call `rows`."""
    title = Text(en="Too few rows", zh="行数过少")
    return [Check("rows", title, "*", judge, "stop", _options)]
