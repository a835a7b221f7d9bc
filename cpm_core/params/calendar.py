"""The keys `calendar` and `sla` of a params file."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from cpm_core.model.calendar import WEEKDAYS, Calendar, Sla, Stretch
from cpm_core.model.names import nearest
from cpm_core.params import values
from cpm_core.params.keys import Keys
from cpm_core.params.values import Day, Name, Number

_DAYS_FIX = "Write the days as mon-fri, sat or mon, wed."
_HOURS_FIX = "Write the hours as 09:00-18:00, or 09:00-12:00, 13:00-18:00."
_TO = re.compile(r"\s*(?:/|\bto\b)\s*")


def days_of(text: str) -> list[int]:
    """The weekdays (Monday 0) that `mon-fri`, `sat` or `mon, wed` names; `sat-mon` goes over the week's end."""
    found: list[int] = []
    for part in text.lower().split(","):
        ends = [_weekday(name.strip(), text) for name in part.split("-")]
        if len(ends) > 2:
            raise values.wrong(f"{values.quoted(text)} names no days", fix=_DAYS_FIX)
        found += [(ends[0] + i) % 7 for i in range((ends[-1] - ends[0]) % 7 + 1)]
    return found


def _weekday(name: str, text: str) -> int:
    if name not in WEEKDAYS:
        what = f"{values.quoted(name)} in {values.quoted(text)}" if name != text else values.quoted(text)
        raise values.wrong(f"{what} is no day of the week", nearest(name[:3], WEEKDAYS), _DAYS_FIX)
    return WEEKDAYS.index(name)


def stretches_of(text: str) -> tuple[Stretch, ...]:
    """The stretches of a day, as `09:00-12:00, 13:00-18:00`, in seconds after midnight."""
    found = [_stretch(part.strip()) for part in text.split(",")]
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise values.wrong(f"the hours in {values.quoted(text)} overlap, or are not in order", fix=_HOURS_FIX)
    return tuple(found)


def _stretch(text: str) -> Stretch:
    times = re.fullmatch(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})", text)
    if times is None:
        raise values.wrong(f"{values.quoted(text)} is no stretch of a day", fix=_HOURS_FIX)
    hour, minute, end_hour, end_minute = map(int, times.groups())
    start, end = (hour * 60 + minute) * 60, (end_hour * 60 + end_minute) * 60
    if max(minute, end_minute) > 59 or max(start, end) > 86_400:
        raise values.wrong(f"{values.quoted(text)} has a time that no clock shows", fix=_HOURS_FIX)
    if start >= end:
        fix = "A night is written in two: 22:00-24:00 on the one day, 00:00-06:00 on the next."
        raise values.wrong(f"{values.quoted(text)} does not end after it starts", fix=fix)
    return start, end


def to_closure(value: Any) -> tuple[dt.date, dt.date]:
    """Read `2024-12-24`, or `2024-12-24 to 2025-01-01`."""
    if isinstance(value, tuple | list) and len(value) == 2:
        value = f"{value[0]} to {value[1]}"
    ends = [values.to_day(part) for part in _TO.split(str(value))]
    if len(ends) > 2 or ends[0] > ends[-1]:
        fix = "Write the first day, 'to' and the last: 2024-12-24 to 2025-01-01."
        raise values.wrong(f"{values.quoted(value)} is no stretch of days", fix=fix)
    return ends[0], ends[-1]


def to_country(value: str) -> str:
    """Check a code of the `holidays` package."""
    import holidays

    known = holidays.list_supported_countries()
    code = value.upper()
    if code in known:
        return code
    names = {_words(cls): code for code, (cls, *_) in _registry().items()}
    close = nearest(value, names)
    codes = tuple(names[name] for name in close) or nearest(code, [one for one in known if len(one) == 2])
    raise values.wrong(
        f"there are no holidays of a country {values.quoted(value)}", codes, "Write its two letters of ISO 3166, as DE."
    )


def _registry() -> dict[str, tuple[str, ...]]:
    """Two-letter codes of countries with the names of their classes (`UnitedKingdom`)."""
    from holidays.registry import COUNTRIES

    return {code: (cls, *rest) for cls, code, *rest in COUNTRIES.values()}


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _hours_text(text: str) -> str:
    stretches_of(text)
    return text


def _days_text(text: str) -> str:
    days_of(text)
    return text


Days = Annotated[Name, AfterValidator(_days_text)]
Hours = Annotated[Name, AfterValidator(_hours_text)]
Closure = Annotated[tuple[dt.date, dt.date], BeforeValidator(to_closure)]
Promise = Annotated[Number, Field(gt=0, le=8784)]
"""Business hours, at most a year by the wall clock."""


class CalendarKeys(Keys):
    """The hours that count for response and resolution times."""

    hours: dict[Days, Hours] | None = Field(None, min_length=1, examples=['{mon-fri: "09:00-18:00"}'])
    """By days of the week; days that are not named are closed. Left out: every hour of every day."""
    country: Annotated[str, AfterValidator(to_country)] | None = Field(None, examples=["DE"])
    """Whose public holidays are closed; left out: none."""
    subdivision: str | None = Field(None, examples=["BE"])
    """A part of the country with holidays of its own."""
    closures: tuple[Closure, ...] = Field((), examples=["[2024-12-24 to 2025-01-01]"])
    """Further closed days."""
    make_up_days: tuple[Day, ...] = Field((), examples=["[2024-09-14]"])
    """Days worked in spite of the week or a holiday, with the hours of the first weekday that has any."""

    @field_validator("hours")
    @classmethod
    def _each_day_once(cls, hours: dict[str, str] | None) -> dict[str, str] | None:
        named = [day for days in hours or {} for day in days_of(days)]
        twice = [day for index, day in enumerate(named) if day in named[:index]]
        if twice:
            fix = "Write all stretches of a day behind each other: 09:00-12:00, 13:00-18:00."
            raise values.wrong(f"{WEEKDAYS[twice[0]]} has hours twice", fix=fix)
        return hours

    @field_validator("subdivision")
    @classmethod
    def _of_the_country(cls, subdivision: str | None, info: ValidationInfo) -> str | None:
        country = info.data.get("country")
        if subdivision is None or "country" not in info.data:
            return subdivision  # a wrong country is told by itself
        if country is None:
            raise values.wrong("a subdivision needs its country", fix="Write country: DE beside it.")
        import holidays

        known = holidays.list_supported_countries()[country]
        if subdivision in known:
            return subdivision
        fix = f"Valid are: {', '.join(known)}." if known else f"{country} has none here; leave it out."
        raise values.wrong(
            f"{values.quoted(subdivision)} is no subdivision of {country}", nearest(subdivision, known), fix
        )

    def calendar(self) -> Calendar:
        """What the clocks are measured by."""
        week: list[tuple[Stretch, ...]] = [()] * 7 if self.hours else [*Calendar().hours]
        for days, hours in (self.hours or {}).items():
            for day in days_of(days):
                week[day] = stretches_of(hours)
        return Calendar(tuple(week), self.country or "", self.subdivision or "", self.closures, self.make_up_days)


class SlaKeys(Keys):
    """Business hours within which tickets should be answered and resolved, by priority."""

    response: dict[Name, Promise] | None = Field(None, min_length=1, examples=["{high: 4, default: 8}"])
    """For the first response, by priority; `default` is for all that are not named, and without it these are not
    judged."""
    resolution: dict[Name, Promise] | None = Field(None, min_length=1, examples=["{high: 16, default: 40}"])
    """For the resolution, by priority, in the same way."""

    def sla(self) -> Sla:
        """What was promised."""
        return Sla(self.response, self.resolution)
