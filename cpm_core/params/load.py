"""Load a params file with its overrides, and tell everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from cpm_core.model.errors import CpmError, ParamsError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.secrets import HIDDEN
from cpm_core.params.declared import Parameter, typed
from cpm_core.params.fields import field_names, takes_parts
from cpm_core.params.literals import override_without_literals, without_literals
from cpm_core.params.overrides import Override, as_written
from cpm_core.params.paths import find_params
from cpm_core.params.problems import problems_of
from cpm_core.params.schema import Params, Report, place
from cpm_core.params.syntax import Loc, flow, is_flow, read
from cpm_core.params.values import quoted

OfNotebook: TypeAlias = Callable[[str, Path], Sequence[Parameter]]
"""Gives the parameters that a notebook declares, by the name in `report.notebook` and the params file."""


def load(path: str | Path, overrides: Sequence[Override] = (), *, of_notebook: OfNotebook | None = None) -> Params:
    """Read, override and type a params file.

    Args:
        path: A path, or a bare name in `params/`; looked for from the working folder upwards.
        overrides: In the order in which they are said; later ones win.
        of_notebook: Where given, an override may also name a parameter of the notebook.

    Raises:
        ParamsError: All problems of the file and of the overrides.
        UsageError: There is no such file.
    """
    file = find_params(path)
    document = read(file)
    problems = [*document.problems]
    data = without_literals(document.data, document.where, problems)
    said = [override_without_literals(_in_parts(one, problems), problems) for one in overrides]
    values = _Values(data, {loc: document.where(*loc) for loc in document.lines}, document.name, problems)
    for_file, for_notebook = _sorted_out(said, values, of_notebook, file)
    for override in for_file:
        values.put(override)
    return _typed(values, file, for_notebook)


def _in_parts(override: Override, problems: list[Problem]) -> Override:
    """An override with the list or mapping that its text is, as of `-p kpis "[revenue, orders]"`, where one belongs."""
    value = override.value
    if not is_flow(value) or not takes_parts(Params, override.loc):
        return override
    try:
        return replace(override, value=flow(value))
    except ParamsError:
        fix = "Close what is opened, as in [a, b]."
        problems.append(Problem(f"{override.key}: {quoted(value)} does not parse", override.origin, fix=fix))
        return replace(override, value=None)


def _typed(values: _Values, file: Path, for_notebook: dict[str, Any]) -> Params:
    if values.data.get("workbook") is None:
        # The place stays the file itself: the name is nowhere written in it.
        values.data["workbook"] = file.stem
    try:
        params = Params.model_validate(values.data)
    except ValidationError as error:
        problems = problems_of(error, Params, values.data, values.where)
        if values.problems:
            # What is hidden is no valid value: that it is there is told already.
            problems = [*values.problems, *(one for one in problems if HIDDEN not in one.what)]
        raise ParamsError(values.in_order(problems)) from None
    if values.problems:
        raise ParamsError(values.in_order(values.problems))
    return params.read_from(file, values.name, values.places, for_notebook)


def _sorted_out(
    overrides: Sequence[Override], values: _Values, of_notebook: OfNotebook | None, file: Path
) -> tuple[list[Override], dict[str, Any]]:
    """Overrides of keys of the file, and values for parameters of the notebook, typed as it declares them."""
    ours = [one for one in overrides if one.loc[0] in Params.model_fields]
    others = [one for one in overrides if one.loc[0] not in Params.model_fields]
    if not others:
        return ours, {}
    declared: Sequence[Parameter] = ()
    if of_notebook is not None:
        try:
            declared = of_notebook(_notebook(values, ours), file)
        except CpmError as error:
            values.problems += error.problems
    valid = [one.name for one in declared]
    values.problems += [_unknown(one, valid) for one in others if one.key not in valid]
    # Said twice: the last word counts.
    given = {one.key: one for one in others if one.key in valid}
    written = {name: as_written(one.value) for name, one in given.items()}
    read, problems = typed(declared, written, {name: one.origin for name, one in given.items()})
    values.problems += problems
    return ours, read


def _unknown(override: Override, of_notebook: list[str]) -> Problem:
    valid = [*field_names(Params), *of_notebook]
    known = "key of a params file or parameter of the notebook" if of_notebook else "key of a params file"
    close = nearest(str(override.loc[0]), valid)
    fix = "Write the right name." if close else f"Valid are: {', '.join(valid)}."
    return Problem(f"{override.key!r} is no {known}", override.origin, close, fix)


def _notebook(values: _Values, overrides: Sequence[Override]) -> str:
    """The notebook's name before anything is typed."""
    trial = _Values(values.data, dict(values.places), values.name)
    for override in overrides:
        if override.loc[0] == "report":
            trial.put(override)
    report = trial.data.get("report")
    name = report.get("notebook") if isinstance(report, dict) else None
    return name if isinstance(name, str) else Report().notebook


@dataclass
class _Values:
    """The tree of texts that is typed in the end, and where each of them comes from."""

    data: dict[str, Any]
    places: dict[Loc, str]
    name: str
    problems: list[Problem] = field(default_factory=list)

    def where(self, *loc: str | int) -> str:
        return place(self.places, self.name, loc)

    def put(self, override: Override) -> None:
        """Set one key; trees that lead to it are made anew, so that nobody else's change."""
        value = as_written(override.value)
        before = _at(self.data, override.loc) if override.adds else None
        if isinstance(before, list):
            added = [one for one in value if one not in before]
            self.places |= {(*override.loc, len(before) + place): override.origin for place in range(len(added))}
            self.data = _with(self.data, override.loc, [*before, *added], ())
            return
        try:
            self.data = _with(self.data, override.loc, value, ())
        except _NoWayError as error:
            self.problems.append(Problem(f"{override.key}: {error}", override.origin, error.near, error.fix))
            return
        self.places = {loc: at for loc, at in self.places.items() if loc[: len(override.loc)] != override.loc}
        leading = {override.loc[:length]: override.origin for length in range(1, len(override.loc))}
        self.places = {**leading, **self.places, override.loc: override.origin, **override.places}

    def in_order(self, problems: Sequence[Problem]) -> list[Problem]:
        """Those of the file by line, then those of the overrides as they were said."""
        start = f"{self.name}:"

        def line(problem: Problem) -> tuple[bool, int]:
            number = problem.where.removeprefix(start)
            return problem.where != number and number.isdecimal(), int(number) if number.isdecimal() else 0

        there = [one for one in problems if one.where == self.name or line(one)[0]]
        return sorted(there, key=line) + [one for one in problems if one not in there]


def _at(tree: Any, loc: Loc) -> Any:
    """What stands at a place; None if it is not there."""
    for part in loc:
        tree = tree.get(str(part)) if isinstance(tree, dict) else None
    return tree


class _NoWayError(Exception):
    """A dotted key leads nowhere."""

    def __init__(self, what: str, near: tuple[str, ...] = (), fix: str = "") -> None:
        super().__init__(what)
        self.near, self.fix = near, fix


def _with(tree: Any, loc: Loc, value: Any, before: Loc) -> Any:
    """A copy of the tree in which the value stands at ``loc``."""
    if not loc:
        return value
    part, name = loc[0], ".".join(str(one) for one in before)
    if part == "":
        raise _NoWayError("a name is missing between two dots", fix="Write it as tiers.rule.")
    if isinstance(tree, list):
        if not isinstance(part, int) or part >= len(tree):
            known = f"items 0 to {len(tree) - 1}" if tree else "no items"
            raise _NoWayError(
                f"{name} is a list with {known}, and {part!r} is none", fix=f"Write {name}.0 for its first."
            )
        return [*tree[:part], _with(tree[part], loc[1:], value, (*before, part)), *tree[part + 1 :]]
    if tree is not None and not isinstance(tree, dict):
        raise _NoWayError(f"{name} holds the one value {tree!r}, and nothing within it", fix=f"Set {name} itself.")
    found = tree or {}
    return {**found, str(part): _with(found.get(str(part)), loc[1:], value, (*before, part))}
