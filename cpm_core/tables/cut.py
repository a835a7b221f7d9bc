"""Cut prepared tables to the customers, or to the rows of one table, that the params name in `only`."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.model.errors import DataError, ParamsError, Problem
from cpm_core.model.facts import NO_MEMBER
from cpm_core.model.names import nearest
from cpm_core.params.only import place_of
from cpm_core.tables.prepared import MANIFEST, Prepared

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.engine.engine import Engine
    from cpm_core.model.tables import TableSpec
    from cpm_core.params.schema import Params

Members = tuple[str, ...]
CUSTOMERS = "customers"
KEYS = {"customer_id": CUSTOMERS, "ticket_id": "tickets", "order_id": "orders"}
"""Columns by which a row belongs to a row of another table, where its spec names no parent."""
MOST_NEAR = 10_000
"""Members that are looked at for the nearest of a misspelt one."""
MOST_LISTED = 12
"""Members that an error lists all of."""


@dataclass(frozen=True)
class Way:
    """How one table is cut.

    Attributes:
        own: Members by column of the table itself.
        through: The table whose cut rows it belongs to, and the column by which; None: it belongs to none.
    """

    own: Mapping[str, Members]
    through: tuple[str, str] | None = None


def ways(
    columns: Mapping[str, Collection[str]], specs: Mapping[str, TableSpec], only: Mapping[str, Members]
) -> dict[str, Way | None]:
    """How each table is cut, those that others belong to first; None for one that cannot be.

    Args:
        columns: The delivered columns by table.
        specs: Base-table specs by id.
        only: The key of the params.
    """
    bare = {name: members for name, members in only.items() if "." not in name}
    found: dict[str, Way | None] = {}

    def look(name: str) -> None:
        if name in found:
            return
        own = {one.rpartition(".")[2]: members for one, members in only.items() if one.rpartition(".")[0] == name}
        if name == CUSTOMERS:
            found[name] = Way(bare | own)
            return
        through = _belongs_to(name, columns, specs)
        if through is not None:
            look(through[0])
            through = through if found[through[0]] is not None else None
        if through is None and bare and bare.keys() <= set(columns[name]):
            own = bare | own
        found[name] = Way(own, through) if own or through else None

    for name in columns:
        look(name)
    return found


def _belongs_to(
    name: str, columns: Mapping[str, Collection[str]], specs: Mapping[str, TableSpec]
) -> tuple[str, str] | None:
    """The table that the rows of another belong to, and the column by which."""
    parent = specs[name].parent
    both = [*([parent] if parent else []), *((home, key) for key, home in KEYS.items())]
    return next(((home, key) for home, key in both if home != name and home in columns and key in columns[name]), None)


def allowed(whole: Prepared, specs: Mapping[str, TableSpec], params: Params) -> Prepared:
    """The tables that can be cut, not yet cut.

    Raises:
        ParamsError: Each column of `only` that no table has, or that identifies a person.
    """
    columns = {name: stats.columns for name, stats in whole.tables.items()}
    problems = [problem for name in params.only for problem in _unfit(whole, specs, name, params)]
    if problems:
        raise ParamsError(problems)
    out = tuple(name for name, way in ways(columns, specs, params.only).items() if way is None)
    there = {name: stats for name, stats in whole.tables.items() if name not in out}
    return replace(whole, tables=there, uncut=out)


def _unfit(whole: Prepared, specs: Mapping[str, TableSpec], name: str, params: Params) -> Iterator[Problem]:
    """What is wrong with a column of `only`."""
    columns = {one: stats.columns for one, stats in whole.tables.items()}
    home, _, column = name.rpartition(".")
    table, where = home or CUSTOMERS, place_of(name, params)
    if column not in columns.get(table, ()):
        valid = [*columns[CUSTOMERS], *(f"{one}.{each}" for one, names in columns.items() for each in names)]
        others = tuple(f"{one}.{column}" for one, names in columns.items() if column in names)
        what = f"only: {f'there is no column {name!r}' if home else f'customers have no column {name!r}'}"
        yield Problem(what, where, others or nearest(name, valid), "Name a column of customers, or table.column.")
        return
    spec = specs[table].column(column)
    if spec is not None and spec.pii:
        fix = "Restrict by a group, or by customer_id."
        yield Problem(f"only: {name!r} identifies persons; a report is not restricted by it", where, fix=fix)


def check_fit(whole: Prepared, specs: Mapping[str, TableSpec], params: Params, name: str) -> None:
    """See that `only` can name a column.

    Raises:
        ParamsError: No table has it, or it identifies a person.
    """
    problems = list(_unfit(whole, specs, name, params))
    if problems:
        raise ParamsError(problems)


def cut(engine: Engine, whole: Prepared, specs: Mapping[str, TableSpec], params: Params, folder: Path) -> Prepared:
    """The tables of the customers, and of the rows, that the params name.

    How far each table reaches, and what became of its rows, stays as it is told of the whole delivery.

    Args:
        engine: Where the tables are.
        whole: The prepared tables.
        specs: Base-table specs by id.
        params: The workbook's, with `only`.
        folder: Where the cut tables go; what was cut there before is used as it is.

    Raises:
        ParamsError: A column of `only` cannot be had.
        DataError: No row has a member of `only`, or no customer is left.
    """
    if (folder / MANIFEST).is_file():
        return Prepared.load(folder)
    found = replace(allowed(whole, specs, params), folder=folder)
    _check_members(engine, whole, params)
    engine.drop(folder)  # what an attempt that failed has left
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    columns = {name: stats.columns for name, stats in whole.tables.items()}
    left: dict[str, ir.Table] = {}
    for name, way in ways(columns, specs, params.only).items():
        if way is not None:
            rows = _rows(engine.stored(whole.folder, name), way, left)
            left[name] = engine.store(folder, name, rows.order_by(list(specs[name].key)))
    if _count(engine, left[CUSTOMERS]) == 0:
        said = " and ".join(f"{name} {' or '.join(members)}" for name, members in params.only.items())
        raise DataError(f"only: no customer is left of those with {said}", where=params.where("only"))
    found.save()
    return found


def _rows(rows: ir.Table, way: Way, left: Mapping[str, ir.Table]) -> ir.Table:
    """The rows of a table that are left, by what is left of the tables that it belongs to."""
    for column, members in way.own.items():
        rows = rows.filter(_member(rows, column).isin(members))
    if way.through is not None:
        home, key = way.through
        rows = rows.semi_join(left[home], rows[key] == left[home][key])
    return rows


def members(engine: Engine, whole: Prepared, specs: Mapping[str, TableSpec], params: Params, name: str) -> list[str]:
    """The members of a column as `only` names them, in order.

    Raises:
        ParamsError: No table has the column, or it identifies a person.
    """
    check_fit(whole, specs, params, name)
    home, _, column = name.rpartition(".")
    rows = engine.stored(whole.folder, home or CUSTOMERS)
    return sorted(engine.frame(rows.select(member=_member(rows, column)).distinct())["member"])


def _member(rows: ir.Table, column: str) -> ir.StringValue:
    """A column's values as they are shown as members of a slice."""
    text: ir.StringValue = rows[column].cast("string").fill_null(NO_MEMBER)
    return text


def _check_members(engine: Engine, whole: Prepared, params: Params) -> None:
    """See that each member is there: one that is misspelt would be left out in silence."""
    problems = []
    for name, members in params.only.items():
        lacks, there = lacking(engine, whole, name, members)
        if lacks:
            problems.append(no_member(name, lacks, there, place_of(name, params)))
    if problems:
        raise DataError(problems)


def lacking(engine: Engine, whole: Prepared, name: str, members: Collection[str]) -> tuple[list[str], list[str]]:
    """Members of a column that no row has; and if there are such, members that there are, `MOST_NEAR` at most."""
    home, _, column = name.rpartition(".")
    rows = engine.stored(whole.folder, home or CUSTOMERS)
    known = rows.select(member=_member(rows, column)).distinct()
    seen = set(engine.frame(known.filter(known.member.isin(list(members))))["member"])
    lacks = [one for one in members if one not in seen]
    return lacks, sorted(engine.frame(known.limit(MOST_NEAR))["member"]) if lacks else []


def no_member(name: str, lacks: Sequence[str], there: Sequence[str], where: str) -> Problem:
    """The problem of members that a column has not.

    Args:
        name: The column, as `only` names it.
        lacks: The members.
        there: Those that it has.
        where: Where they are written.
    """
    home, _, column = name.rpartition(".")
    fix = f"There are: {', '.join(there)}." if len(there) <= MOST_LISTED else ""
    near = dict.fromkeys(one for member in lacks for one in nearest(member, there))
    what = f"only: no row of {home or CUSTOMERS} has the {column} {' or '.join(map(repr, lacks))}"
    return Problem(what, where, tuple(near), fix or f"`--grid '{name}=*'` is all of them.")


def _count(engine: Engine, rows: ir.Table) -> int:
    return int(engine.frame(rows.aggregate(n=rows.count()))["n"].iloc[0])
