"""What differs between two loads of a workbook's plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cpm_core.hooks.fingerprint import fingerprint
from cpm_core.hooks.registry import KINDS, Provided, Registry
from cpm_core.model.errors import Problem

How = Literal["added", "removed", "changed", "quarantined"]


@dataclass(frozen=True)
class PluginChange:
    """A plugin that is other than it was."""

    name: str
    how: How
    before: str = ""
    """Its version; empty if it was not there, or was quarantined."""
    after: str = ""
    problems: tuple[Problem, ...] = ()
    """Why it is quarantined."""


@dataclass(frozen=True)
class ContributionChange:
    """A contribution that is other than it was."""

    kind: str
    """As `KPI`."""
    id: str
    provider: str
    how: How


@dataclass(frozen=True)
class Changes:
    """Plugins by name and contributions by kind and id; empty if nothing changed."""

    plugins: tuple[PluginChange, ...]
    contributions: tuple[ContributionChange, ...]


def changes(before: Registry, after: Registry) -> Changes:
    """What differs between two registries."""
    return Changes(tuple(_plugins(before, after)), tuple(_contributions(before, after)))


def _plugins(before: Registry, after: Registry) -> Iterator[PluginChange]:
    old = {one.name: (one.version, one.content) for one in before.plugins}
    new = {one.name: (one.version, one.content) for one in after.plugins}
    out = {one.name: one for one in after.quarantined}
    for name in sorted({*old, *new, *out}):
        was, now = old.get(name, ("", "")), new.get(name, ("", ""))
        if name in out:
            yield PluginChange(name, "quarantined", was[0], "", out[name].problems)
        elif was != now:
            how: How = "added" if name not in old else "removed" if name not in new else "changed"
            yield PluginChange(name, how, _version(was, now), _version(now, was))


def _version(one: tuple[str, str], other: tuple[str, str]) -> str:
    """Its version; with the hash of its files too where the version alone does not tell the two apart."""
    version, content = one
    return f"{version} {content}" if version and version == other[0] else version


def _contributions(before: Registry, after: Registry) -> Iterator[ContributionChange]:
    for attribute, kind in KINDS.items():
        old: Mapping[str, Provided[object]] = getattr(before, attribute)
        new: Mapping[str, Provided[object]] = getattr(after, attribute)
        for name in sorted({*old, *new}):
            if name not in new:
                yield ContributionChange(kind, name, old[name].provider, "removed")
            elif name not in old:
                yield ContributionChange(kind, name, new[name].provider, "added")
            elif old[name].item is not new[name].item and _differ(old[name], new[name]):
                yield ContributionChange(kind, name, new[name].provider, "changed")


def _differ(old: Provided[object], new: Provided[object]) -> bool:
    return old.provider != new.provider or fingerprint(old.item) != fingerprint(new.item)
