"""One tree of errors. Each says what, where, the nearest valid names and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cpm_core.model.secrets import scrubbed


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, as a person should read it; it holds no secret that is known."""

    what: str
    where: str = ""
    nearest: tuple[str, ...] = ()
    fix: str = ""

    def __post_init__(self) -> None:
        # Here, since panels break words over lines, and since every log, page, record and mail is made of these.
        object.__setattr__(self, "what", scrubbed(self.what))
        object.__setattr__(self, "where", scrubbed(self.where))
        object.__setattr__(self, "nearest", tuple(map(scrubbed, self.nearest)))
        object.__setattr__(self, "fix", scrubbed(self.fix))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.nearest:
            text += f" (nearest: {', '.join(self.nearest)})"
        return f"{text}. {self.fix}" if self.fix else text


class CpmError(Exception):
    """Base of all errors that are meant for a person; ``exit_code`` is what `cpm` ends with.

    Args:
        what: What is wrong, in words, or all problems at once.
        where: File and line, or a key of the params.
        nearest: The nearest valid names.
        fix: What to do.
        heals: Whether it may go away by itself, as a server that does not answer; a run then tries again.
    """

    exit_code = 1

    def __init__(
        self,
        what: str | Sequence[Problem],
        *,
        where: str = "",
        nearest: Iterable[str] = (),
        fix: str = "",
        heals: bool = False,
    ) -> None:
        self.heals = heals
        if isinstance(what, str):
            self.problems: tuple[Problem, ...] = (Problem(what, where, tuple(nearest), fix),)
        else:
            self.problems = tuple(what)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[CpmError], tuple[tuple[Problem, ...]], dict[str, bool]]:
        # A keyword-only __init__ does not pickle by itself, and errors cross process borders.
        return type(self), (self.problems,), {"heals": self.heals}


class UsageError(CpmError, ValueError):
    """Wrong usage: told before a kernel starts."""

    exit_code = 2


class ParamsError(UsageError):
    """One or more problems of a params file, all told at once."""


class DataError(CpmError):
    """The data cannot be read, or nothing of it is usable."""


class BeforeDataError(DataError):
    """The as-of day lies before all data; ``first`` is the first day that has any, if that is known."""

    first: date | None = None


class PluginError(CpmError):
    """A plugin cannot be loaded, or broke its contract."""


class MeasureError(CpmError):
    """A figure was asked for that cannot be measured as asked."""


class ModelError(CpmError):
    """A model of customers was given what it cannot be fitted to, or asked for what it does not tell."""


class RunError(CpmError):
    """A report could not be run or published."""


class LockedError(RunError):
    """Another run holds the report's lock."""

    exit_code = 4


class NotSentError(CpmError):
    """A publisher has reached nobody, and the next run of the report may call it again.

    With ``heals`` this run tries again in a moment, as after a server that does not answer.
    """


class PerhapsSentError(CpmError):
    """A publisher cannot know whether it has reached anybody, as a connection that broke before the answer."""
