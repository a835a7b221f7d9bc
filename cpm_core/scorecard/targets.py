"""Whether figures meet their targets, in total and by member, in each period."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cpm_core.model.measures import Derived, Distinct, Measure, Total
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period
from cpm_core.model.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.measure.compile import Compiled
    from cpm_core.model.kpi import Kpi
    from cpm_core.model.settings import Settings
    from cpm_core.params.targets import MemberTarget
    from cpm_core.params.targets import Target as Written

Status = Literal["met", "missed", "close", ""]

_NOBODY = Text(
    en="The target of {kpi} for {member} ({slice}) is held against nothing: the data have no such member{near}.",
    zh="{kpi}针对{member}（{slice}）的目标没有对应数据：数据中没有该成员{near}。",
)
_NEAR = Text(en="; the nearest are {names}", zh="，相近的有{names}")
_NOT_SPLIT = Text(
    en="The targets of {kpi} by {slice} are held against nothing: it is not split by it.",
    zh="{kpi}按{slice}设置的目标没有对应数据：该指标无法按此拆分。",
)


@dataclass(frozen=True)
class Target:
    """The values that are good enough, both ends included; None: no end."""

    low: float | None = None
    high: float | None = None

    @property
    def given(self) -> bool:
        """Whether there is one at all."""
        return self.low is not None or self.high is not None

    def status(self, value: float, low: float = math.nan, high: float = math.nan) -> Status:
        """`met` or `missed`, or `close` (too close to call) where the interval straddles an end."""
        if math.isnan(value):
            return ""
        for end in (self.low, self.high):
            if end is not None and low < end < high:
                return "close"
        above = self.low is None or value >= self.low
        below = self.high is None or value <= self.high
        return "met" if above and below else "missed"


@dataclass(frozen=True)
class Targets:
    """The targets of a params file, for the figures of one workbook.

    Attributes:
        written: As they stand in the params, by KPI.
        compiled: The KPIs.
        settings: Period and start of the year.
    """

    written: Mapping[str, Written]
    compiled: Mapping[str, Compiled]
    settings: Settings

    def of(self, kpi: str, period: Period, slice_name: str = "", member: str = "") -> Target:
        """What counts for a figure: the member's own target, else the KPI's (but for amounts, which add up)."""
        written = self.written.get(kpi)
        if written is None:
            return Target()
        own = written.by.get(slice_name, {}).get(member)
        if own is not None and (found := self._at(own, period)).given:
            return found
        if slice_name and (kpi not in self.compiled or adds_up(self.compiled[kpi])):
            return Target()
        return self._at(written, period)

    def _at(self, target: MemberTarget, period: Period) -> Target:
        ends = target.ends(period, self.settings.period, self.settings.year_starts)
        return Target() if ends is None else Target(ends.low, ends.high)

    def judged(self, facts: pd.DataFrame) -> pd.DataFrame:
        """One row a figure that has a target; columns are `cpm_core.report.inputs.TARGET_COLUMNS`.

        `status` is empty where nothing can be said: the period is not complete, or on few rows.
        """
        import pandas as pd

        facts = facts[facts["kpi"].isin(list(self.written))]
        names = ["kpi", "period", "period_start", "period_end", "slice", "member", "value", "low", "high"]
        rows = []
        known: dict[tuple[str, str, str, str], Target] = {}
        for kpi, label, start, end, name, member, value, low, high, whole, state in facts[
            [*names, "complete", "state"]
        ].itertuples(index=False, name=None):
            # Of ten thousand members most have no target of their own: theirs is looked up once a period.
            own = member if member in self.written[kpi].by.get(name, ()) else ""
            if (key := (kpi, label, name, own)) not in known:
                known[key] = self.of(kpi, Period(start.date(), end.date(), label), name, own)
            target = known[key]
            if target.given:
                status = target.status(value, low, high) if whole and state == "ok" else ""
                ends = (math.nan if one is None else one for one in (target.low, target.high))
                rows.append((kpi, label, name, member, *ends, status))
        columns = ["kpi", "period", "slice", "member", "target_low", "target_high", "status"]
        found = pd.DataFrame(rows, columns=columns)
        return found.astype({"target_low": "float64", "target_high": "float64"})

    def idle(self, facts: pd.DataFrame) -> Iterator[Text]:
        """Targets for members that no figure is of, in words."""
        for kpi, target in self.written.items():
            mine = facts[facts["kpi"] == kpi]
            for name, members in target.by.items() if not mine.empty else ():
                there = set(mine.loc[mine["slice"] == name, "member"])
                if not there and mine["value"].notna().any():
                    yield not_split(self.compiled[kpi].kpi, name)
                for member in members if there else ():
                    if member not in there:
                        yield no_member(self.compiled[kpi].kpi, name, member, there)


def adds_up(one: Compiled) -> bool:
    """Whether the members' figures add up to the total's, so that a target of the total is none of a member."""
    measure: Measure | None = one.measure
    if isinstance(measure, Derived):
        return measure.denominator is None and one.kpi.unit in ("money", "count", "points")
    return isinstance(measure, (Total, Distinct))


def not_split(kpi: Kpi, slice_name: str) -> Text:
    """That a KPI has no figures by the slice that a target is for."""
    return _NOT_SPLIT.format(kpi=kpi.title, slice=slice_name)


def no_member(kpi: Kpi, slice_name: str, member: str, there: Collection[str]) -> Text:
    """That a target is for a member that the data do not have, and which are nearest."""
    names = nearest(member, sorted(there))
    near = _NEAR.format(names=Text(en=", ".join(names), zh="、".join(names))) if names else Text(en="", zh="")
    return _NOBODY.format(kpi=kpi.title, slice=slice_name, member=member, near=near)
