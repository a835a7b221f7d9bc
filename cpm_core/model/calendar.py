"""When service is open: weekly hours, holidays, closures; and the times within which it should answer."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Stretch: TypeAlias = tuple[int, int]
"""Seconds after local midnight at which a stretch of a day starts and ends; 86,400 is the day's end."""
WHOLE_DAY: Stretch = (0, 86_400)
WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Calendar:
    """The hours that count for response and resolution times. By default every hour of every day does.

    A closure is stronger than a make-up day, that stronger than a holiday, that stronger than the week.
    """

    hours: tuple[tuple[Stretch, ...], ...] = ((WHOLE_DAY,),) * 7
    """The stretches of each day of the week, Monday first, in order."""
    country: str = ""
    """Code whose public holidays are closed, as the `holidays` package knows it; empty: no holidays."""
    subdivision: str = ""
    """State or province, for its own holidays."""
    closures: tuple[tuple[date, date], ...] = ()
    """Further closed days, first and last of each stretch of days."""
    make_up_days: tuple[date, ...] = ()
    """Days that are worked although the week or a holiday says otherwise, with the hours of the first day
    of the week that has any. Weekend days that the country itself moves work to need not be named."""

    @property
    def every_hour(self) -> bool:
        """Whether all hours count, so that business hours are hours by the wall clock."""
        return self == Calendar()

    def stretches(self, day: date, holidays: Container[date] = (), moved: Container[date] = ()) -> tuple[Stretch, ...]:
        """The stretches of one day.

        Args:
            day: A local day.
            holidays: Public holidays.
            moved: Days of a weekend that the country works to make up for a holiday, as China does.
        """
        if any(first <= day <= last for first, last in self.closures):
            return ()
        if day in self.make_up_days or day in moved:
            return next((one for one in self.hours if one), ())
        return () if day in holidays else self.hours[day.weekday()]


@dataclass(frozen=True)
class Sla:
    """Business hours within which a ticket should be answered and resolved, by its priority.

    The priority `default` is for all that are not named; without it these are not judged. None: nothing is promised.
    """

    response: Mapping[str, float] | None = None
    resolution: Mapping[str, float] | None = None


DEFAULT_PRIORITY = "default"
