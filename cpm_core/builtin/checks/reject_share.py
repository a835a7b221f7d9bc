"""Many refused rows: a column that changed its form, or a table that lacks its parent's rows."""

from __future__ import annotations

from typing import Any

from cpm_core.api import Check, Text, hookimpl

FEWEST_ROWS = 20
"""Rows below which a share says little."""

_MANY = Text(
    en="{rejected:,} of {rows:,} rows were rejected ({share:.0%}), most as {reason!r}; at most {most:.0%} are expected",
    zh="{rows:,} 行中有 {rejected:,} 行被拒绝（{share:.0%}），主要原因为“{reason}”；预期最多 {most:.0%}",
)


def _options() -> type:
    from cpm_core.builtin.checks._options import RejectShare

    return RejectShare


def judge(stats: Any, options: Any) -> Text | None:
    """The share of refused rows in those that could count; a row that comes twice loses nothing."""
    lost = {reason: rows for reason, rows in stats.rejected.items() if reason != "duplicate"}
    rejected = sum(lost.values())
    rows = stats.kept + rejected
    if rows < FEWEST_ROWS or rejected <= options.at_most * rows:
        return None
    reason = max(lost, key=lambda one: lost[one])
    return _MANY.format(rejected=rejected, rows=rows, share=rejected / rows, reason=reason, most=options.at_most)


@hookimpl
def cpm_checks() -> list[Check]:
    """The check that params call `reject_share`."""
    title = Text(en="Many rejected rows", zh="被拒绝的行过多")
    return [Check("reject_share", title, "*", judge, "warn", _options)]
