"""The lifecycle rules that params call `thresholds` and `rhythm`."""

from __future__ import annotations

from cpm_core.api import LifecycleRule, Text, hookimpl
from cpm_core.builtin.lifecycle.stages import rhythm, thresholds


def _threshold_options() -> type:
    from cpm_core.builtin.lifecycle.stages.options import ThresholdOptions

    return ThresholdOptions


def _rhythm_options() -> type:
    from cpm_core.builtin.lifecycle.stages.options import RhythmOptions

    return RhythmOptions


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
