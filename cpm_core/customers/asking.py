"""Ask the function of a rule or an action: that of a plugin in a child process.

Money follows what it says, so that one that fails ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cpm_core.hooks.isolation import Answer, Failure, Task, UnfitError, each, here, home_of, is_built_in, shown_place
from cpm_core.model.errors import PluginError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.text import Text
from cpm_core.tables.failures import Broken
from cpm_core.tables.misspelt import asked_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.hooks.registry import Provided
    from cpm_core.tables.derive import Catalog

PARAMS = "params"
"""Who provides the actions that stand in the params."""

_NO_COLUMN = Text(en="the profile has no column {name!r}", zh="客户档案没有字段 {name!r}")
_FAILED = Text(
    en="the profile is without the column {name!r} of {provider}, since that failed: {why}",
    zh="客户档案缺少 {provider} 提供的字段 {name!r}，因为它已失败：{why}",
)


@dataclass(frozen=True)
class Asked:
    """One question to a rule or an action.

    Attributes:
        provided: Who is asked.
        said: What it is, in an error: `tier rule 'ours' of 'team'`.
        function: The plugin's own.
        run: Calls it, and sees that its answer is what is wanted.
    """

    provided: Provided[Any]
    said: str
    function: Callable[..., Any]
    run: Callable[[], Any]


def ask(one: Asked, catalog: Catalog, profile: ir.Table | None = None) -> Any:
    """What a rule's or an action's function gives.

    Args:
        one: The question.
        catalog: Knows the limit, and which profile columns failed.
        profile: The profile that the function is given.

    Raises:
        PluginError: It failed, with file and line.
    """
    return ask_all([one], catalog, profile)[0]


def ask_all(asked: Sequence[Asked], catalog: Catalog, profile: ir.Table | None = None) -> list[Any]:
    """The answers to several questions, in one child a plugin.

    Raises:
        PluginError: All that failed.
    """
    by_plugin: dict[str, list[int]] = {}
    for place, one in enumerate(asked):
        by_plugin.setdefault(one.provided.provider, []).append(place)
    found: dict[int, Answer] = {}
    for provider, places in by_plugin.items():
        provided = asked[places[0]].provided
        tasks = [
            Task(asked[place].function, _Explained(asked[place], catalog, profile), asked[place].provided.where)
            for place in places
        ]
        if is_built_in(provider) or provider == PARAMS:
            answers = here(tasks)
        else:
            answers = each(tasks, catalog.limits.definition, home_of(provided.file))
        found |= dict(zip(places, answers, strict=True))
    failed = [_problem(asked[place].said, failure) for place in sorted(found) if (failure := found[place].failure)]
    if failed:
        raise PluginError(failed)
    return [found[place].value for place in range(len(asked))]


def _problem(said: str, failure: Failure) -> Problem:
    return Problem(f"{said} failed: {failure.what}", shown_place(failure.where), failure.nearest, failure.fix)


def without(said: str, where: str, broken: Broken) -> PluginError:
    """A rule or an action needs a profile column that failed."""
    words = _FAILED.format(name=broken.name, provider=broken.provider, why=broken.failure.told)
    return PluginError(
        f"{said} failed: {words.en}", where=shown_place(where), fix="Mend the column, or choose another."
    )


@dataclass(frozen=True)
class _Explained:
    """A call that says what columns of the profile there are, if it asks for one that there is not."""

    asked: Asked
    catalog: Catalog
    profile: ir.Table | None

    def __call__(self) -> Any:
        try:
            return self.asked.run()
        except Exception as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        name, table = asked_of(error, {"profile": self.profile})
        if table is None:
            return
        broken = self.catalog.failures.column(name)
        if broken is not None:
            words = _FAILED.format(name=name, provider=broken.provider, why=broken.failure.told)
            raise UnfitError(words, fix="Mend the column, or choose another.") from error
        raise UnfitError(_NO_COLUMN.format(name=name), nearest(name, table.columns)) from error
