"""The lifecycle rules that params call `thresholds` and `rhythm`."""

from __future__ import annotations

from typing import Any

from cpm_core.api import LifecycleRule, ProfileColumn, Text, hookimpl
from cpm_core.builtin.lifecycle.stages import rhythm, thresholds


def _threshold_options() -> type:
    from cpm_core.builtin.lifecycle.stages.options import ThresholdOptions

    return ThresholdOptions


def _rhythm_options() -> type:
    from cpm_core.builtin.lifecycle.stages.options import RhythmOptions

    return RhythmOptions


def last_gap_days(orders: Any, settings: Any) -> Any:
    """Days between the last sale before the last `activity_days` and the first sale within them.

    Null where one of the two is missing. At most one pause of `activity_days` or more can end within them, and if
    one does, this is it.
    """
    from datetime import timedelta

    day, sale = orders.ordered_at.date(), orders.kind == "sale"
    recent = day > settings.as_of - timedelta(days=settings.activity_days)
    runs = orders.group_by("customer_id").aggregate(
        since=day.min(where=sale & recent), until=day.max(where=sale & ~recent)
    )
    return runs.select("customer_id", last_gap_days=runs.since.delta(runs.until, unit="day").cast("int64"))


@hookimpl
def cpm_profile_columns() -> list[ProfileColumn]:
    """The pause before a customer's return."""
    return [
        ProfileColumn(
            "last_gap_days",
            Text(en="Pause before the latest sales, days", zh="最近一轮购买前的停购天数"),
            last_gap_days,
        )
    ]


@hookimpl
def cpm_lifecycle_rules() -> list[LifecycleRule]:
    """By days alike for all, and by each customer's own rhythm."""
    return [
        LifecycleRule(
            id="thresholds",
            title=Text(en="Stages by days since the last sale", zh="按最近一次购买距今天数划分生命周期"),
            assign=thresholds.assign,
            options=_threshold_options,
            reads=("orders",),
            reasons=thresholds.REASONS,
        ),
        LifecycleRule(
            id="rhythm",
            title=Text(en="Stages by each customer's own rhythm of buying", zh="按每位客户自身的购买节奏划分生命周期"),
            assign=rhythm.assign,
            options=_rhythm_options,
            reads=("orders",),
            reasons=rhythm.REASONS,
        ),
    ]
