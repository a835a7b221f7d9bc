"""From what `cpm run` is asked for to its requests: files, members of a grid, periods of a backfill."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from cpm_core.hooks.agreement import check_names
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import CpmError, Problem, UsageError
from cpm_core.params.disabled import disabled
from cpm_core.params.load import load
from cpm_core.params.overrides import Override
from cpm_core.params.paths import shown
from cpm_core.params.schema import Params
from cpm_core.params.strictness import is_strict
from cpm_core.runs.backfill import OPTION, as_of, periods_between
from cpm_core.runs.grid import Member, is_open, members_of, written_out
from cpm_core.runs.notebooks import parameter_names, parameters_of
from cpm_core.runs.request import Request, request

Found = TypeVar("Found")

FAR = "9000-12-31"
"""A day for params that get theirs later: after all others, so that nothing is said to lie behind it."""
MOST_TOLD = 20
"""Problems that are told of a whole batch; a mistake in a file of members is there once a row."""


@dataclass(frozen=True)
class Wanted:
    """Which reports are made of each params file; by itself: the one that it says."""

    grid: tuple[str, ...] = ()
    """Each `NAME=VALUE,VALUE…`."""
    grid_from: Path | None = None
    """A file with a row a member."""
    backfill: str = ""
    """Periods, as `2011-01..2011-11`."""
    failed_only: bool = False
    """Only those whose last attempt failed, and those that were never made."""
    keep_latest: bool = False
    """Readers go on to see the report of a later day, as they do in a backfill."""
    send: bool = False
    """What a backfill makes is sent as well, as any other report is."""

    @property
    def quiet(self) -> bool:
        """Whether nobody is told of a report or a failure: years of reports at once are news to nobody."""
        return bool(self.backfill) and not self.send

    @property
    def reads(self) -> bool:
        """Whether the data are read for the members that they have."""
        return any(map(is_open, self.grid))


ALL = Wanted()


@dataclass(frozen=True)
class Asked:
    """One report that is asked for, checked."""

    request: Request
    params: Params


def expand(
    paths: Sequence[str], overrides: Sequence[Override], wanted: Wanted, shared: Path | None = None
) -> list[Asked]:
    """The reports that are asked for, if nothing is wrong with any of them; of one folder the oldest first.

    Args:
        paths: Params files, bare names, or patterns such as `params/*.yaml`.
        overrides: What was said outside the files, for each of them.
        wanted: Which reports of each.
        shared: Where the tables go that are read for the members of a column; left out: they are not kept.

    Raises:
        UsageError: All that is wrong, of all files.
        DataError: Data that are asked for their members cannot be read.
    """
    problems: list[Problem] = list(_said_twice(overrides, wanted))
    found = _Expansion(overrides, wanted, problems, shared)
    for path in found.tried(lambda: files(paths)):
        found.add(path)
    problems += _twice(found.asked)
    if problems:
        raise UsageError(fewer(problems))
    return found.asked


def files(paths: Sequence[str]) -> list[str]:
    """The paths, with those that a pattern matches in its place, by name.

    Raises:
        UsageError: A pattern matches nothing.
    """
    found: list[str] = []
    problems: list[Problem] = []
    for path in paths:
        matched = [path]
        if glob.has_magic(path) and not Path(path).exists():
            found_here = glob.glob(str(Path(path).expanduser()))  # noqa: PTH207  # Path.glob takes no absolute pattern
            matched = sorted(one for one in found_here if Path(one).is_file())
        if not matched:
            fix = "Name files that are there, as params/*.yaml."
            problems.append(Problem(f"no file matches {path!r}", str(Path.cwd()), fix=fix))
        found += matched
    if problems:
        raise UsageError(problems)
    return found


class _Expansion:
    """The reports that are found, one params file after the other."""

    def __init__(
        self, overrides: Sequence[Override], wanted: Wanted, problems: list[Problem], shared: Path | None
    ) -> None:
        self.overrides, self.wanted, self.problems, self.shared = tuple(overrides), wanted, problems, shared
        self.asked: list[Asked] = []
        self._names = _Names()
        self._members = [] if wanted.reads else self.tried(lambda: members_of(wanted.grid, wanted.grid_from))

    def tried(self, work: Callable[[], list[Found]]) -> list[Found]:
        """What ``work`` finds; nothing if it tells of problems, which are noted."""
        try:
            return work()
        except UsageError as error:
            self._wrong(error)
            return []

    def add(self, path: str) -> None:
        """All reports of one params file."""
        for member in self.tried(lambda: self._read(path)) if self.wanted.reads else self._members:
            try:
                self._add(path, member)
            except UsageError as error:
                self._wrong(error)

    def _read(self, path: str) -> list[Member]:
        """The members, those that the data of this file have among them."""
        grids = [written_out(text, partial(self._column, path)) for text in self.wanted.grid]
        return members_of(grids, self.wanted.grid_from)

    def _column(self, path: str, name: str) -> list[str]:
        from cpm_core import workbook

        one, _ = request(path, self.overrides)
        book = workbook.open(one.params, overrides=one.overrides, shared=self.shared)
        try:
            return book.members(name)
        finally:
            book.close()

    def _add(self, path: str, member: Member) -> None:
        said = (*self.overrides, *member.overrides(self._of_notebook(path, member)))
        for more in self._periods(path, said):
            one, params = request(path, (*said, *more), member.name)
            self._names.check(params)
            self.asked.append(Asked(one, params))

    def _of_notebook(self, path: str, member: Member) -> Sequence[str]:
        """The parameters of the notebook, where a name may be one of them."""
        if not member.columns:
            return ()
        params = _tried(path, self.overrides)
        assert params.path is not None
        return parameter_names(params.report.notebook, params.path)

    def _periods(self, path: str, said: Sequence[Override]) -> Iterator[tuple[Override, ...]]:
        if not self.wanted.backfill:
            yield ()
            return
        params = _tried(path, said)
        for period in periods_between(self.wanted.backfill, params.period, params.year_starts):
            yield (as_of(period),)

    def _wrong(self, error: UsageError) -> None:
        self.problems += [one for one in error.problems if one not in self.problems]


def _tried(path: str, said: Sequence[Override]) -> Params:
    """The params before a member or a period says its day."""
    return load(path, (*said, Override("as_of", FAR, OPTION)), of_notebook=parameters_of)


class _Names:
    """Sees that KPIs, sources and rules are there, with one registry for all files of one set of plugins."""

    def __init__(self) -> None:
        self._loaded: dict[object, Registry | None] = {}

    def check(self, params: Params) -> None:
        """See that the names fit. A plugin that does not load is that report's own failure.

        Raises:
            UsageError: All names that are not there.
        """
        key = (params.home, tuple(params.plugins.use), frozenset(disabled(params)), is_strict(params))
        if key not in self._loaded:
            self._loaded[key] = _registry(params)
        registry = self._loaded[key]
        try:
            if registry is not None:
                check_names(params, registry)
        except UsageError:
            raise
        except CpmError:
            return


def _registry(params: Params) -> Registry | None:
    try:
        return Registry.of(params)
    except UsageError:
        raise
    except CpmError:
        return None


def _said_twice(overrides: Sequence[Override], wanted: Wanted) -> Iterator[Problem]:
    for one in overrides if wanted.backfill else ():
        if one.key == "as_of":
            yield Problem(f"as_of is said by {one.origin} and by {OPTION}", OPTION, fix="Say one of them.")


def _twice(asked: Sequence[Asked]) -> Iterator[Problem]:
    """Two reports that would be published into one folder, but for the periods of one backfill."""
    first: dict[str, Request] = {}
    days = set()
    for one in asked:
        mine, day = one.request, one.params.as_of
        other = first.setdefault(mine.report.casefold(), mine)
        if other.params != mine.params or (mine.report, day) in days:
            what = f"workbook {mine.report!r} is asked for twice: {shown(other.params)} and {shown(mine.params)}"
            fix = "Give each its own `workbook:` name, or run them one after the other."
            yield Problem(what, shown(mine.params), fix=fix)
        days.add((mine.report, day))


def fewer(problems: Sequence[Problem]) -> list[Problem]:
    """The first of many problems, and how many others there are."""
    if len(problems) <= MOST_TOLD + 1:
        return list(problems)
    return [*problems[:MOST_TOLD], Problem(f"and {len(problems) - MOST_TOLD} more problems")]
