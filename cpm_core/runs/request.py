"""What one run is asked for: a params file, its notebook, and what was said outside the file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpm_core.model.errors import Problem, UsageError
from cpm_core.params.declared import lacking, typed
from cpm_core.params.load import load
from cpm_core.params.overrides import DISABLED, Override, as_written
from cpm_core.params.paths import shown
from cpm_core.params.schema import Params
from cpm_core.runs.forms import check_forms
from cpm_core.runs.notebooks import declared, find_notebook, parameters_of

FILE = "params"
REST = "overrides"
"""Parameter of a notebook that takes overrides by dotted key, for `cpm.open`."""


@dataclass(frozen=True)
class Request:
    """One report to make; everything in it was checked, and it travels to another process."""

    workbook: str
    params: Path
    notebook: Path
    folder: Path
    """The kernel's working folder: the one that holds `params/`."""
    overrides: tuple[Override, ...] = ()
    """Those that set keys of the params file."""
    notebook_parameters: dict[str, Any] = field(default_factory=dict)
    """Values for parameters that only the notebook knows."""
    member: str = ""
    """Of a grid, as `region=north`: the name of its folder; empty: no grid."""

    @property
    def report(self) -> str:
        """The report's name, and its folder below that of all reports: the workbook, and the member of a grid."""
        return f"{self.workbook}/{self.member}" if self.member else self.workbook

    def command(self) -> str:
        """The command that makes it again, but for where it is published."""
        words = ["cpm", "run", shown(self.params)]
        for one in self.overrides:
            value = as_written(one.value)
            words += ["-p", one.key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]
        for name, value in self.notebook_parameters.items():
            words += ["-p", name, str(value)]
        return shlex.join(words)

    def notebook_values(self) -> dict[str, Any]:
        """What the notebook is given: the params file, what was said outside it, and its own parameters.

        Raises:
            UsageError: Something was said that this notebook cannot take.
        """
        known = declared(self.notebook)
        names = [one.name for one in known]
        values: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for one in self.overrides:
            mine = one.key in names and one.key not in (FILE, REST)
            # Said again: the last word counts, and at its place in the order.
            rest.pop(one.key, None)
            (values if mine else rest)[one.key] = as_written(one.value)
        origins = {one.key: one.origin for one in self.overrides}
        values, mistyped = typed(known, values, origins)
        given = {FILE: str(self.params), **values, **({REST: rest} if rest else {}), **self.notebook_parameters}
        problems = [*self._not_taken(rest, names), *mistyped, *lacking(known, given, (REST,))]
        if problems:
            raise UsageError(problems)
        return given

    def _not_taken(self, rest: dict[str, Any], names: Sequence[str]) -> list[Problem]:
        problems = []
        if FILE not in names:
            fix = f'Write `{FILE}: str = "params/…"` into a cell tagged `parameters`.'
            problems.append(
                Problem(f"{self.notebook.name} declares no parameter {FILE!r}", str(self.notebook), fix=fix)
            )
        origins = {one.key: one.origin for one in self.overrides}
        if rest and REST not in names:
            fix = f"Declare `{REST}: dict | None = None`, and hand it on as `cpm.open({FILE}, **({REST} or {{}}))`."
            words = ", ".join(repr(key) for key in rest)
            problems.append(
                Problem(f"{self.notebook.name} takes no overrides, as of {words}", str(self.notebook), fix=fix)
            )
        for one in self.overrides:
            if one.value is None:
                fix = "Take the key out of the params file."
                problems.append(
                    Problem(f"{one.key}: a notebook cannot be told to leave a key out", origins[one.key], fix=fix)
                )
        return problems


def request(path: str | Path, overrides: Sequence[Override], member: str = "") -> tuple[Request, Params]:
    """Read and check one params file with what was said outside it.

    Args:
        path: A params file, or a bare name.
        overrides: What was said outside it; those of the member too.
        member: Of a grid.

    Raises:
        UsageError: All that is wrong with the file, the overrides or the notebook.
    """
    params = load(path, overrides, of_notebook=parameters_of)
    assert params.path is not None
    check_forms(params)
    made = Request(
        workbook=params.workbook,
        params=params.path,
        notebook=find_notebook(params.report.notebook, params.path),
        folder=params.home,
        overrides=tuple(_whole(one, params) for one in overrides if one.loc[0] in Params.model_fields),
        notebook_parameters=params.notebook_parameters,
        member=member,
    )
    made.notebook_values()
    return made, params


def _whole(override: Override, params: Params) -> Override:
    """An override that adds to the file's list as one that says the whole list: a notebook is handed no more."""
    if not override.adds:
        return override
    assert override.key == DISABLED
    return Override(DISABLED, list(params.plugins.disable), override.origin)
