"""A column that is no longer filled."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Check, Text, hookimpl
from cpm_core.builtin.checks._words import joined

FEWEST_ROWS = 100
"""Recent and earlier rows below which a share says little."""

_EMPTY = Text(
    en="{column} is empty in {now:.0%} of the rows of the last 28 days, and in {before:.0%} of those before",
    zh="字段 {column} 在最近 28 天的行中有 {now:.0%} 为空，此前为 {before:.0%}",
)


def _options() -> type:
    from cpm_core.builtin.checks._options import Nulls

    return Nulls


def judge(stats: Any, options: Any) -> Text | None:
    """The share of empty cells in the rows of the last four weeks, against that of the rows before, by column."""
    recent, earlier = stats.rows
    if min(recent, earlier) < FEWEST_ROWS:
        return None
    shares = {column: (now / recent, before / earlier) for column, (now, before) in stats.empty.items()}
    return joined(
        _EMPTY.format(column=column, now=now, before=before)
        for column, (now, before) in shares.items()
        if now - before > options.at_most
    )


@hookimpl
def cpm_checks() -> list[Check]:
    """The check that params call `nulls`."""
    title = Text(en="A column that is no longer filled", zh="字段不再填写")
    return [Check("nulls", title, "*", judge, "warn", _options)]
