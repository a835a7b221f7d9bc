"""What a check finds, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cpm_core.hooks.isolation import Failure
from cpm_core.model.errors import Problem
from cpm_core.model.text import Text


@dataclass(frozen=True)
class Line:
    """One contribution.

    Attributes:
        kind: In words, as `KPI`.
        id: Its id.
        title: In both languages.
        where: File and line of its definition.
        told: What it gives on the tiny book, in words; or why it was not run.
        problem: What is wrong with it; None if nothing is.
        lacking: By engine, an operation of it that the engine does not have.
        figure: What it gives, as a number; None where that is not one.
    """

    kind: str
    id: str
    title: Text
    where: str
    told: str = ""
    problem: Problem | None = None
    lacking: Mapping[str, str] = field(default_factory=dict)
    figure: float | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.problem is None


@dataclass(frozen=True)
class Checked:
    """One plugin.

    Attributes:
        name: As `cpm plugins list` shows it.
        version: Its own, or the hash of its files.
        file: Its module's file.
        problems: Why it cannot be loaded; empty if it can.
        lines: Its contributions, if it can.
    """

    name: str
    version: str
    file: str
    problems: tuple[Problem, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it or with any of its contributions."""
        return not self.problems and all(line.ok for line in self.lines)


def problem_of(failure: Failure) -> Problem:
    """A failure of a plugin's function as a problem."""
    return Problem(failure.what, failure.where, failure.nearest, failure.fix)


def record(checked: Checked) -> dict[str, Any]:
    """A checked plugin as plain data."""
    return {
        "plugin": checked.name,
        "version": checked.version,
        "file": checked.file,
        "ok": checked.ok,
        "problems": [problem_record(one) for one in checked.problems],
        "contributions": [
            {
                "kind": line.kind,
                "id": line.id,
                "title": {"en": line.title.en, "zh": line.title.zh},
                "where": line.where,
                "ok": line.ok,
                "told": line.told,
                "figure": line.figure,
                "lacking": dict(line.lacking),
                "problem": None if line.problem is None else problem_record(line.problem),
            }
            for line in checked.lines
        ],
    }


def problem_record(problem: Problem) -> dict[str, Any]:
    """A problem as plain data."""
    return {"what": problem.what, "where": problem.where, "nearest": list(problem.nearest), "fix": problem.fix}
