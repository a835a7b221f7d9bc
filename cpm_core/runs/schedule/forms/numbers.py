"""A cron expression that every scheduler reads alike: numbers and lists, Sunday as 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cpm_core.runs.schedule.forms.plan import Fields


def expression(fields: Fields, moved: Iterable[tuple[int, int]] = ()) -> str:
    """The five fields; with ``moved``, hours and minutes at which it comes as well (and at their combinations)."""
    hours, minutes = {*fields.hours}, {*fields.minutes}
    for hour, minute in moved:
        hours.add(hour)
        minutes.add(minute)
    parts = (sorted(minutes), sorted(hours), fields.days, fields.months, fields.weekdays)
    return " ".join(map(_field, parts))


def _field(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers)) or "*"
