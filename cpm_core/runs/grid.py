"""`--grid` and `--grid-from`: the members of a grid, each with what it sets and the folder of its report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from cpm_core.model.errors import Problem, UsageError
from cpm_core.params.overrides import Override
from cpm_core.params.schema import Params
from cpm_core.runs.grid_file import Row, rows_of
from cpm_core.runs.slug import joined, slug

MEMBER = "member"
"""Column of a file of members that names the folder."""
ONLY = "only"
EVERY = "*"
MOST = 5_000
"""Members of one grid; more is a mistake, such as a product that was not meant."""


@dataclass(frozen=True)
class Member:
    """One report of a grid."""

    name: str
    """Its folder below the workbook's, as `region=north`; empty: no grid, the workbook itself."""
    said: tuple[Override, ...] = ()
    """Keys as they were written: of the params file, of the notebook, or a bare column of the customers."""

    def overrides(self, notebook_names: Collection[str]) -> tuple[Override, ...]:
        """What it sets in one params file; a name that is neither of the file nor of its notebook is a column."""
        return tuple(_placed(one, notebook_names) for one in self.said)

    @property
    def columns(self) -> list[str]:
        """Names that may be columns of the customers."""
        return [one.key for one in self.said if _bare(one)]


def members_of(grids: Sequence[str], file: Path | None) -> list[Member]:
    """The members: every combination of what is said; one without a name where nothing is.

    Args:
        grids: Each `NAME=VALUE,VALUE…`; a value that holds a comma stands in double quotes.
        file: CSV with a line of keys at its top or a YAML list of mappings; each row is a member.

    Raises:
        UsageError: All that is wrong with them.
    """
    problems: list[Problem] = []
    axes = [_axis(text, problems) for text in grids]
    if file is not None:
        axes.append([_of_row(row) for row in rows_of(file, problems)])
    problems += _again(axes)
    count = 1
    for axis in axes:
        count *= len(axis)
    if count > MOST:
        problems.append(Problem(f"the grid has {count:,} members", "--grid", fix=f"At most {MOST:,} go into one run."))
    if problems:
        raise UsageError(problems)
    found = [_together(parts) for parts in product(*axes)]
    problems += _alike(found)
    if problems:
        raise UsageError(problems)
    return found


def is_open(text: str) -> bool:
    """Whether a `--grid` is of all members that the data have: `region=*`."""
    return text.partition("=")[2].strip() == EVERY


def written_out(text: str, members: Callable[[str], Sequence[str]]) -> str:
    """A `--grid` with all members in the place of `*`.

    Args:
        text: As it was said.
        members: Gives those of a column of the customers, or of `table.column`.

    Raises:
        UsageError: It is of no column.
    """
    if not is_open(text):
        return text
    key = text.partition("=")[0].strip()
    column = key.removeprefix(f"{ONLY}.")
    if column == key and ("." in key or key in Params.model_fields):
        fix = f"Write it as region={EVERY} or {ONLY}.orders.channel={EVERY}, or name the values."
        raise UsageError(f"{EVERY!r} stands for all values of a column, and {key!r} is none", where="--grid", fix=fix)
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(members(column))
    return f"{key}={line.getvalue()}"


def _axis(text: str, problems: list[Problem]) -> list[Member]:
    """The members of one `--grid`."""
    key, sign, listed = text.partition("=")
    key = key.strip()
    where = f"--grid {text}"
    try:
        values = next(csv.reader([listed], skipinitialspace=True, strict=True), []) if sign else []
    except csv.Error:
        fix = "Put quotes round the whole value, as --grid 'city=\"Bath, Somerset\",Leeds'."
        problems.append(Problem(f"the double quotes of {listed!r} are not right", where, fix=fix))
        return []
    if not key or not values:
        problems.append(Problem(f"{text!r} is no grid", where, fix="Write NAME=VALUE,VALUE, as region=North,South."))
    elif "" in values:
        problems.append(Problem(f"a value of {key!r} is empty", where, fix="Take the comma out, or write the value."))
    elif doubled := sorted({one for one in values if values.count(one) > 1}):
        problems.append(Problem(f"{key!r} has {doubled[0]!r} twice", where, fix="Take one of them out."))
    return [Member(slug(f"{key}={value}"), (Override(key, value, f"--grid {key}={value}"),)) for value in values]


def _again(axes: Sequence[Sequence[Member]]) -> Iterator[Problem]:
    """Keys that two axes set: the later would win, in folders named by both."""
    first: dict[str, str] = {}
    for axis in axes:
        said = {one.key.removeprefix(f"{ONLY}."): one.origin for member in axis for one in member.said}
        for key, origin in said.items():
            if key in first:
                what = f"{key!r} is said twice: {first[key]} and {origin}"
                yield Problem(what, "--grid", fix=f"Name all values in one, as --grid {key}=A,B.")
        first |= said


def _of_row(row: Row) -> Member:
    said = tuple(Override(key, value, row.where) for key, value in row.values.items() if key != MEMBER)
    name = row.values.get(MEMBER)
    return Member(slug(str(name)) if name else joined([slug(f"{one.key}={_text(one.value)}") for one in said]), said)


def _text(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _together(parts: Sequence[Member]) -> Member:
    return Member(joined([part.name for part in parts]), tuple(one for part in parts for one in part.said))


def _alike(members: Sequence[Member]) -> Iterator[Problem]:
    """Members that would lie in one folder; case does not count, since it does not on some disks."""
    first: dict[str, Member] = {}
    for member in members:
        other = first.setdefault(member.name.casefold(), member)
        if other is not member:
            where = member.said[0].origin if member.said else "--grid"
            fix = f"Give each a name of its own in the column {MEMBER!r} of a file (--grid-from)."
            yield Problem(f"two members would lie in the folder {member.name!r}", where, fix=fix)


def _bare(one: Override) -> bool:
    return "." not in one.key and one.loc[0] not in Params.model_fields


def _placed(one: Override, notebook_names: Collection[str]) -> Override:
    if not _bare(one) or one.key in notebook_names:
        return one
    return replace(one, key=f"{ONLY}.{one.key}")
