"""Who provides an id that several plugins provide: one of them, if the others are what it replaces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cpm_core.hooks.contributions import WORDS, Contribution
from cpm_core.model.errors import Problem
from cpm_core.model.names import nearest

Blamed = tuple[str, Problem]
"""A plugin's name, and what is wrong with it."""


@dataclass(frozen=True)
class Replaced:
    """One contribution that takes the place of another plugin's."""

    kind: str
    """In words, as `KPI`."""
    id: str
    provider: str
    of: str
    """The plugin whose contribution is not used."""

    def __str__(self) -> str:
        return f"{self.kind} {self.id} of {self.provider} replaces {self.of}"


@dataclass(frozen=True)
class Chosen:
    """The contributions that count, by hook and id."""

    kept: Mapping[tuple[str, str], Contribution]
    replaced: tuple[Replaced, ...] = ()
    problems: tuple[Blamed, ...] = field(default=())


def choose(contributions: Iterable[Contribution], loaded: Collection[str], absent: Collection[str]) -> Chosen:
    """Of each id the one that counts.

    Args:
        contributions: Of all plugins, in the plugins' order.
        loaded: Names of all plugins that are loaded.
        absent: Names of plugins that are turned off or quarantined: what would replace theirs stands alone.
    """
    by_key: dict[tuple[str, str], list[Contribution]] = {}
    for one in contributions:
        by_key.setdefault(one.key, []).append(one)
    kept: dict[tuple[str, str], Contribution] = {}
    replaced: list[Replaced] = []
    problems: list[Blamed] = []
    for key, several in by_key.items():
        contest = _Contest(several, loaded, absent)
        kept[key] = contest.winner
        replaced += list(contest.replaced)
        problems += list(contest.problems())
    return Chosen(kept, tuple(sorted(replaced, key=str)), tuple(problems))


class _Contest:
    """All contributions of one id."""

    def __init__(self, several: Sequence[Contribution], loaded: Collection[str], absent: Collection[str]) -> None:
        self.all = several
        self.loaded, self.absent = loaded, absent
        self.providers = {one.plugin.name: one for one in several}
        self.chasing = [one for one in several if self._target(one) is not None]
        # What replaces something of a plugin that is not there stands alone.
        self.standing = [one for one in several if not one.item.replaces or one.item.replaces in absent]

    def _target(self, one: Contribution) -> Contribution | None:
        """What a contribution replaces; None if that is not there."""
        found = self.providers.get(one.item.replaces)
        return None if found is one or one.item.replaces == one.plugin.name else found

    @property
    def winner(self) -> Contribution:
        """The one that counts; as long as there are problems any of them."""
        winner = next(iter(self.standing), self.all[0])
        for _ in self.chasing:
            winner = next((one for one in self.chasing if self._target(one) is winner), winner)
        return winner

    @property
    def replaced(self) -> Iterator[Replaced]:
        for one in self.chasing:
            yield Replaced(WORDS[one.hook], one.id, one.plugin.name, one.item.replaces)

    def problems(self) -> Iterator[Blamed]:
        yield from self._twice()
        for one in self.all:
            if one.item.replaces and one not in self.chasing and one not in self.standing:
                yield one.plugin.name, self._no_target(one)
        yield from self._same_target()

    def _twice(self) -> Iterator[Blamed]:
        """Several that replace nothing; or, in a circle, only such as replace one another."""
        several = self.standing or (self.chasing if len(self.chasing) == len(self.all) else [])
        if len(several) < 2:
            return
        guilty = [one for one in several if one.plugin.origin != "built-in"]
        built_in = next((one.plugin.name for one in several if one.plugin.origin == "built-in"), "")
        first = several[0]
        whose = " and ".join(f"{one.plugin.name!r} ({one.where})" for one in several)
        what = f"{first.hook}: the id {first.id!r} is provided twice, by {whose}"
        way = f'say replaces="{built_in or first.plugin.name}" in the one that counts'
        fix = f"Rename one, {way}, or turn one off with `plugins: {{disable: [...]}}`."
        for one in guilty:
            yield one.plugin.name, Problem(what, guilty[0].where, fix=fix)

    def _no_target(self, one: Contribution) -> Problem:
        named, others = one.item.replaces, [name for name in self.providers if name != one.plugin.name]
        what = f"{one.words} replaces {named!r}, which provides no {WORDS[one.hook]} of that id"
        near = tuple(others) or nearest(named, self.loaded)
        fix = f"Write the plugin's name, as replaces={near[0]!r}." if others else "Take `replaces` out."
        return Problem(what, one.where, near, fix)

    def _same_target(self) -> Iterator[Blamed]:
        for target in self.all:
            several = [one for one in self.chasing if self._target(one) is target]
            if len(several) > 1:
                whose = " and ".join(f"{one.plugin.name!r} ({one.where})" for one in several)
                what = f"{WORDS[target.hook]} {target.id!r} of {target.plugin.name!r} is replaced twice, by {whose}"
                fix = "Let one replace the other, or turn one off with `plugins: {disable: [...]}`."
                for one in several:
                    yield one.plugin.name, Problem(what, several[0].where, fix=fix)
