"""Whether the data have what is asked of them, before anything is made: members of `only`, periods of a backfill.

What was never there is the caller's word, and is told at once. A member that has had a report and is in the data no
more is a report that fails, beside others that are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cpm_core.model.errors import BeforeDataError, CpmError, ParamsError, Problem, UsageError
from cpm_core.model.periods import Period, period_of
from cpm_core.params.only import place_of
from cpm_core.runs.backfill import OPTION
from cpm_core.runs.expand import Asked, Wanted, fewer
from cpm_core.runs.publish import RUNS
from cpm_core.runs.record import RECORD

if TYPE_CHECKING:
    from cpm_core.params.schema import Params
    from cpm_core.workbook import Workbook

Step = Callable[[str, str], None]

_DELIVERY = {"sources", "since", "timezone", "engine", "plugins", "strict"}
"""Keys of the params that tell, beside the file, what is delivered."""
MOST_NAMED = 6
"""Periods that are named one by one."""


@dataclass(frozen=True)
class Reach:
    """How far the data reach."""

    first: date | None
    """Day of the first row; None: it is not known."""
    last: date | None
    """Of the last one, or the day through which a source says it is complete; None: later ones are not looked for."""


def needs_data(asked: Sequence[Asked], out: Path, wanted: Wanted) -> bool:
    """Whether the data have to be read to know that what is asked for can be made."""
    return bool(wanted.backfill) or any(_new_members(one, out) for one in asked)


def survey(
    asked: Sequence[Asked], out: Path, wanted: Wanted, shared: Path, step: Step
) -> tuple[list[Asked], list[Problem]]:
    """The reports that the data allow, and what is wrong with the periods of those that are left out.

    Data that cannot be read are not told here: each report fails of them by itself, or tries again.

    Args:
        asked: What is asked for, checked.
        out: Where reports are published.
        wanted: With the periods of a backfill, as they were said.
        shared: Where the tables go that are read for it; the reports find them there.
        step: Told the workbook and what is being done.

    Raises:
        UsageError: Members or columns that the data have not, or no period that is asked for has data.
    """
    left: list[Asked] = []
    unfit: list[Problem] = []
    problems: list[Problem] = []
    for group in _groups(asked):
        fit = group
        if wanted.backfill:
            fit, more = _within(group, wanted.backfill, shared, step)
            unfit += [one for one in more if one not in unfit]
        problems += [one for one in _members(fit, out, shared, step) if one not in problems]
        left += fit
    if problems or (unfit and not left and not wanted.failed_only):
        raise UsageError(fewer([*problems, *unfit]))
    there = set(map(id, left))
    return [one for one in asked if id(one) in there], unfit


def _groups(asked: Sequence[Asked]) -> list[list[Asked]]:
    """Those that read the same data, but for the as-of day."""
    found: dict[object, list[Asked]] = {}
    for one in asked:
        key = (one.request.params, one.params.model_dump_json(include=_DELIVERY))
        found.setdefault(key, []).append(one)
    return list(found.values())


def _open(one: Asked, shared: Path, step: Step) -> Workbook:
    from cpm_core import workbook

    request = one.request
    return workbook.open(
        request.params,
        overrides=request.overrides,
        shared=shared,
        progress=lambda words: step(request.workbook, words),
    )


def _new_members(one: Asked, out: Path) -> Mapping[str, Sequence[str]]:
    """Members of `only`, of a report that was never published."""
    only = one.params.only
    return {} if only and any((out / one.request.report / RUNS).glob(f"*/{RECORD}")) else only


def _members(group: Sequence[Asked], out: Path, shared: Path, step: Step) -> Iterator[Problem]:
    """Columns and members of `only` that the data of the latest day have not."""
    new = [(one, only) for one in group if (only := _new_members(one, out))]
    for name in dict.fromkeys(name for _, only in new for name in only):
        those = [one for one, only in new if name in only]
        try:
            yield from _lacking(name, those, shared, step)
        except ParamsError as error:
            yield from error.problems
        except CpmError:
            continue  # of data that cannot be read each report fails by itself


def _lacking(name: str, those: Sequence[Asked], shared: Path, step: Step) -> Iterator[Problem]:
    """Members of one column that are not there.

    Raises:
        ParamsError: There is no such column.
        DataError: The data cannot be read.
    """
    from cpm_core.tables.cut import no_member

    book = _open(max(those, key=lambda one: one.params.as_of), shared, step)
    try:
        lacking, there = book.lacking(name, {member for one in those for member in one.params.only[name]})
    finally:
        book.close()
    said = {place_of(name, one.params): one.params for one in those}
    for where, params in said.items():
        if mine := [one for one in params.only[name] if one in lacking]:
            yield no_member(name, mine, there, where)


def _within(group: list[Asked], said: str, shared: Path, step: Step) -> tuple[list[Asked], list[Problem]]:
    """Those whose period is over and has data, and what is wrong with the others."""
    params = group[0].params
    today = datetime.now(ZoneInfo(params.timezone)).date()
    over = [one for one in group if one.params.as_of <= today]
    coming = [one for one in group if one.params.as_of > today]
    reach = _reach(over, shared, step) if over else Reach(None, None)
    early = [one for one in over if reach.first is not None and _period(one).end <= reach.first]
    late = [one for one in over if reach.last is not None and _period(one).start > reach.last]
    none = [*early, *late]
    return [one for one in over if one not in none], list(_told(params, said, reach, early, late, coming))


def _told(
    params: Params, said: str, reach: Reach, early: Sequence[Asked], late: Sequence[Asked], coming: Sequence[Asked]
) -> Iterator[Problem]:
    where = f"{OPTION} {said}"

    def of(day: date) -> str:
        return period_of(day, params.period, params.year_starts).label

    if early and reach.first is not None:
        what = f"{_named(early)} {_verb(early, 'lies', 'lie')} before the data, which begin on {reach.first}"
        yield Problem(what, where, fix=f"The first period that has data is {of(reach.first)}.")
    if late and reach.last is not None:
        what = f"{_named(late)} {_verb(late, 'lies', 'lie')} after the data, which end on {reach.last}"
        yield Problem(what, where, fix=f"The last period that has data is {of(reach.last)}.")
    if coming:
        what = f"{_named(coming)} {_verb(coming, 'is', 'are')} not over yet"
        yield Problem(what, where, fix="Ask for periods whose last day has come; `cpm run --as-of` makes any day's.")


def _reach(over: Sequence[Asked], shared: Path, step: Step) -> Reach:
    """How far the data reach, as the latest of the periods sees it: its tables are of use to its report."""
    book = _open(max(over, key=lambda one: one.params.as_of), shared, step)
    try:
        tables = book.prepare().tables.values()
    except BeforeDataError as error:
        return Reach(error.first or date.max, None)
    except CpmError:
        return Reach(None, None)  # each report fails of it by itself
    finally:
        book.close()
    events = [one for one in tables if one.event] or list(tables)
    first = min((one.first_day for one in events if one.first_day), default=None)
    ends = [day for one in events for day in (one.last_day, one.loaded_until) if day]
    # Rows of a later day are there: the period is a gap, and not the end.
    return Reach(first, None if any(one.not_yet for one in events) else max(ends, default=None))


def _period(one: Asked) -> Period:
    return period_of(one.params.as_of, one.params.period, one.params.year_starts)


def _named(some: Sequence[Asked]) -> str:
    """Labels of their periods, each once."""
    labels = list(dict.fromkeys(_period(one).label for one in some))
    if len(labels) > MOST_NAMED:
        return f"{labels[0]} to {labels[-1]} ({len(labels)} periods)"
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _verb(some: Sequence[Asked], one: str, many: str) -> str:
    return one if len({_period(each).label for each in some}) == 1 else many
