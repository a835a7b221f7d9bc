"""Which plugins of a workbook count: those with nothing wrong, until nothing changes any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cpm_core.hooks.attributes import clashes
from cpm_core.hooks.conflicts import Blamed, Chosen, choose
from cpm_core.hooks.contributions import Contribution, contributions
from cpm_core.hooks.discovery import Plugin, Quarantined
from cpm_core.hooks.examine import implementations, near_misses
from cpm_core.hooks.references import Key, Provision
from cpm_core.hooks.validate import invalid
from cpm_core.model.errors import PluginError, Problem


@dataclass(frozen=True)
class Settled:
    """Plugins that count, those that do not and why, and the contributions that count."""

    plugins: tuple[Plugin, ...]
    quarantined: tuple[Quarantined, ...]
    chosen: Chosen


def settle(
    plugins: Sequence[Plugin], quarantined: Sequence[Quarantined], disabled: Collection[str], strict: bool
) -> Settled:
    """Examine plugins, in their order; with the same plugins in another order the answer is the same.

    Raises:
        PluginError: With ``strict`` all problems of all plugins; without it those of built-ins, which cannot be missed.
    """
    examined = [_Examined.of(plugin) for plugin in plugins]
    if strict:
        _raise([*(problem for one in quarantined for problem in one.problems), *_all_problems(examined, disabled)])
    wrong: dict[str, list[Problem]] = {one.plugin.name: list(one.problems) for one in examined if one.problems}
    absent = {*disabled, *(one.name for one in quarantined)}
    while True:
        chosen, blamed = _related(examined, wrong, absent, disabled)
        if not blamed:
            break
        for name, problem in blamed:
            wrong.setdefault(name, []).append(problem)
    _raise([problem for one in examined if one.is_builtin for problem in wrong.get(one.plugin.name, ())])
    healthy = tuple(one.plugin for one in examined if one.plugin.name not in wrong)
    out = [_quarantined(one.plugin, wrong[one.plugin.name]) for one in examined if one.plugin.name in wrong]
    return Settled(healthy, (*quarantined, *out), chosen)


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise PluginError(list(dict.fromkeys(problems)))


@dataclass(frozen=True)
class _Examined:
    """One plugin by itself."""

    plugin: Plugin
    given: tuple[Contribution, ...]
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, plugin: Plugin) -> _Examined:
        problems = list(near_misses(plugin))
        given = tuple(contributions(plugin, implementations(plugin), problems))
        # Built-ins are held to the same by their tests; asking all of them each time takes longer than all else.
        for one in given if plugin.origin != "built-in" else ():
            problems += invalid(one)
        return cls(plugin, given, tuple(dict.fromkeys(problems)))

    @property
    def is_builtin(self) -> bool:
        return self.plugin.origin == "built-in"


def _all_problems(examined: Sequence[_Examined], disabled: Collection[str]) -> Iterator[Problem]:
    """Everything at once: what plugins contribute counts as there, however much is wrong with them."""
    for one in examined:
        yield from one.problems
    _, blamed = _related(examined, {}, set(disabled), disabled)
    yield from (problem for _, problem in blamed)


def _related(
    examined: Sequence[_Examined], wrong: Mapping[str, object], absent: Collection[str], disabled: Collection[str]
) -> tuple[Chosen, list[Blamed]]:
    """The contributions of the plugins that are not wrong, and what is wrong between them."""
    left = [one for one in examined if one.plugin.name not in wrong]
    given = [contribution for one in left for contribution in one.given]
    loaded = [one.plugin.name for one in examined]
    chosen = choose(given, loaded, {*absent, *wrong})
    provision = Provision(chosen.kept, _lost(examined, wrong, chosen), tuple(sorted(disabled)))
    blamed = [*chosen.problems, *clashes(chosen.kept)]
    for one in given:
        # A built-in may be on what another one provides, which somebody has turned off.
        if one.plugin.origin != "built-in":
            blamed += [(one.plugin.name, problem) for problem in provision.missing(one)]
    return chosen, blamed


def _lost(examined: Sequence[_Examined], wrong: Mapping[str, object], chosen: Chosen) -> dict[Key, str]:
    out = [contribution for one in examined if one.plugin.name in wrong for contribution in one.given]
    return {one.key: one.plugin.name for one in out if one.key not in chosen.kept}


def _quarantined(plugin: Plugin, problems: Sequence[Problem]) -> Quarantined:
    told = tuple(dict.fromkeys(problems))
    version = plugin.version if plugin.content in ("", plugin.version) else f"{plugin.version} {plugin.content}"
    return Quarantined(plugin.name, version, plugin.origin, plugin.file, told)
