"""Targets: what a KPI should be, in total and by member, now and in other periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field, field_validator, model_validator

from cpm_core.model.errors import Problem
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period, period_of, periods_until, read_label
from cpm_core.model.settings import PeriodName
from cpm_core.params import values
from cpm_core.params.keys import Keys
from cpm_core.params.values import Name, Number

if TYPE_CHECKING:
    from cpm_core.params.schema import Params

LENGTHS: tuple[PeriodName, ...] = ("day", "week", "month", "quarter", "year")
"""Periods, the shortest first."""
Loc = tuple[str | int, ...]


class Ends(Keys):
    """The ends of a target. Percentages are fractions; `90%` is read as .9."""

    at_least: Number | None = Field(None, examples=[0.9])
    """A target that is met from here on upwards."""
    at_most: Number | None = Field(None, examples=[0.05])
    """A target that is met up to here."""
    between: tuple[Number, ...] | None = Field(None, examples=["[0.8, 0.9]"])
    """The two ends of a target that is met between them."""

    @field_validator("between")
    @classmethod
    def _two_in_order(cls, ends: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if ends is not None and (len(ends) != 2 or ends[0] > ends[1]):
            raise values.wrong("it takes two numbers, the lower one first", fix="Write it as between: [0.8, 0.9].")
        return ends

    @model_validator(mode="after")
    def _exactly_one(self) -> Ends:
        given = sum(one is not None for one in (self.at_least, self.at_most, self.between))
        if given > 1 or (not given and not self._elsewhere()):
            raise values.wrong(
                "a target is exactly one of at_least, at_most and between", fix="Write it as {at_least: 0.9}."
            )
        return self

    def _elsewhere(self) -> bool:
        """Whether it may go without ends of its own."""
        return False

    @property
    def low(self) -> float | None:
        """The least that meets the target; None: no lower end."""
        return self.between[0] if self.between else self.at_least

    @property
    def high(self) -> float | None:
        """The most that meets the target; None: no upper end."""
        return self.between[1] if self.between else self.at_most


class MemberTarget(Ends):
    """A target that may differ by period: ends for some periods, and those for all others."""

    periods: dict[Name, Ends] = Field({}, examples=["{2024-Q4: {at_least: 0.9}}"])
    """By label: of the workbook's periods, or of a longer one for all that begin in it."""

    def _elsewhere(self) -> bool:
        return bool(self.periods)

    def ends(self, period: Period, name: PeriodName, year_starts: int) -> Ends | None:
        """What counts in one period: the shortest stretch that it begins in, else what stands for all."""
        for length in _allowed(name):
            found = self.periods.get(period_of(period.start, length, year_starts).label)
            if found is not None:
                return found
        return self if self.low is not None or self.high is not None else None


class Target(MemberTarget):
    """What a KPI should be: one of three; for some periods and for members of slices another."""

    by: dict[Name, dict[Name, MemberTarget]] = Field({}, examples=["{region: {West: {at_least: 0.7}}}"])
    """Targets of members, by slice and member."""

    def _elsewhere(self) -> bool:
        return bool(self.periods or self.by)


def problems_of(params: Params) -> list[Problem]:
    """What is wrong with slices, members and periods that targets name, with their lines."""
    found: list[Problem] = []
    for name, target in params.targets.items():
        found += _periods(params, target, ("targets", name, "periods"))
        for slice_name, members in target.by.items():
            place = ("targets", name, "by", slice_name)
            if slice_name not in params.slices:
                found.append(_no_slice(params, name, slice_name, place))
            for member, own in members.items():
                found += _periods(params, own, (*place, member, "periods"))
    return found


def _no_slice(params: Params, name: str, slice_name: str, place: Loc) -> Problem:
    near = nearest(slice_name, params.slices)
    fix = (
        "Write it as it stands in slices, or correct it there."
        if near
        else f"Write `slices: [{', '.join([*params.slices, slice_name])}]` too, to measure by it."
    )
    return Problem(
        f"targets.{name}.by: the report is not sliced by {slice_name!r}", params.where(*place), near, fix=fix
    )


def _periods(params: Params, target: MemberTarget, place: Loc) -> Iterator[Problem]:
    allowed = _allowed(params.period)
    for label in target.periods:
        if read_label(label, allowed, params.year_starts) is None:
            what = f"{'.'.join(map(str, place))}: {label!r} is no {' or '.join(allowed)}"
            examples = [period_of(params.as_of, length, params.year_starts).label for length in allowed]
            fix = f"Write it as {' or '.join(examples)}."
            yield Problem(what, params.where(*place, label), nearest(label, _labels(params)), fix)


def _labels(params: Params) -> Mapping[str, None]:
    """Labels of the periods that a report shows, and of the longer ones that they lie in, the latest first."""
    shown = periods_until(params.as_of, params.period, params.history, params.year_starts)[::-1]
    lengths = _allowed(params.period)
    return dict.fromkeys(period_of(one.start, length, params.year_starts).label for length in lengths for one in shown)


def _allowed(name: PeriodName) -> tuple[PeriodName, ...]:
    """The lengths that a target's label may have."""
    return LENGTHS[LENGTHS.index(name) :]
