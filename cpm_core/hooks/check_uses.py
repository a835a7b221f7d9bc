"""The checks on data as a workbook uses them: by table, with level and options."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import ParamsError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.rules import Check
from cpm_core.params.checks import CheckKeys, TableCheck
from cpm_core.params.options import no_options, validate_options
from cpm_core.params.schema import Params

ALL = "*"


@dataclass(frozen=True)
class CheckUse:
    """One check of one table."""

    provided: Provided[Check]
    table: str
    level: Literal["warn", "stop"]
    options: Any
    """As the check's own model has them; None: it takes none."""

    @property
    def check(self) -> Check:
        """The check itself."""
        return self.provided.item

    def judge(self, stats: Any) -> Any:
        """What it says of a table."""
        return self.check.judge(stats) if self.check.options is None else self.check.judge(stats, self.options)


def check_uses(params: Params, registry: Registry, tables: Collection[str]) -> Iterator[CheckUse]:
    """The checks that are not turned off, of those of ``tables`` that they are on."""
    for name, provided in registry.checks.items():
        keys = params.checks.get(name, CheckKeys())
        for table in tables_of(provided.item, tables):
            own = keys.tables.get(table, TableCheck())
            level = own.level or keys.level or provided.item.level
            if level != "off":
                options = _options(provided.item, {**keys.options, **own.options}, params, ("checks", name))
                yield CheckUse(provided, table, level, options)


def tables_of(check: Check, tables: Collection[str]) -> list[str]:
    """Those of ``tables`` that a check is on."""
    named = (check.table,) if isinstance(check.table, str) else check.table
    return [table for table in tables if table in named or ALL in named]


def problems_of(params: Params, registry: Registry) -> list[Problem]:
    """What is wrong with the checks, tables and options that the params name, with their lines."""
    found: list[Problem] = []
    for name, keys in params.checks.items():
        if name in registry.checks:
            found += _of_check(name, keys, params, registry)
        else:
            found.append(_unknown("check", name, registry.checks, params, ("checks", name)))
    return found


def _of_check(name: str, keys: CheckKeys, params: Params, registry: Registry) -> Iterator[Problem]:
    check = registry.checks[name].item
    try:
        _options(check, keys.options, params, ("checks", name))
    except ParamsError as error:
        yield from error.problems
        return
    valid = tables_of(check, registry.tables)
    for table, own in keys.tables.items():
        place = ("checks", name, "tables", table)
        if table not in valid:
            yield _unknown(f"table of the check {name!r}:", table, valid, params, place)
        try:
            _options(check, {**keys.options, **own.options}, params, place)
        except ParamsError as error:
            yield from error.problems


def _options(check: Check, raw: Mapping[str, Any], params: Params, place: tuple[str, ...]) -> Any:
    def where(*loc: str | int) -> str:
        return params.where(*place, *loc)

    if check.options is None:
        return no_options(raw, where, place)
    return validate_options(check.options(), raw, where, place, params.settings_for())


def _unknown(what: str, name: str, valid: Collection[str], params: Params, place: tuple[str, ...]) -> Problem:
    near = nearest(name, valid)
    fix = "" if near else f"There are: {', '.join(sorted(valid))}."
    return Problem(f"there is no {what} {name!r}", params.where(*place), near, fix)
