"""Call the hooks of a plugin: what it contributes, and what is wrong with what comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from cpm_core.hooks.blame import guarded
from cpm_core.hooks.discovery import Plugin
from cpm_core.hooks.examine import Implementation
from cpm_core.hooks.lines import place_of
from cpm_core.model.actions import Action
from cpm_core.model.errors import Problem
from cpm_core.model.kpi import Kpi
from cpm_core.model.publishers import Publisher
from cpm_core.model.rules import Check, LifecycleRule, ProfileColumn, Section, TierRule
from cpm_core.model.tables import DerivedTable, Source, TableSpec

KINDS: Mapping[str, tuple[type, ...]] = {
    "cpm_sources": (Source,),
    "cpm_tables": (TableSpec, DerivedTable),
    "cpm_kpis": (Kpi,),
    "cpm_profile_columns": (ProfileColumn,),
    "cpm_tier_rules": (TierRule,),
    "cpm_lifecycle_rules": (LifecycleRule,),
    "cpm_actions": (Action,),
    "cpm_checks": (Check,),
    "cpm_report_sections": (Section,),
    "cpm_publishers": (Publisher,),
}
"""What each hook returns an iterable of."""
WORDS: Mapping[str, str] = {
    "cpm_sources": "source",
    "cpm_tables": "table",
    "cpm_kpis": "KPI",
    "cpm_profile_columns": "profile column",
    "cpm_tier_rules": "tier rule",
    "cpm_lifecycle_rules": "lifecycle rule",
    "cpm_actions": "action",
    "cpm_checks": "check",
    "cpm_report_sections": "section",
    "cpm_publishers": "publisher",
}
"""What one thing that a hook returns is called."""
_MEND = "Mend it, or turn the plugin off."
MOST = 10_000
"""Items that one hook of one plugin may return: a generator without an end has to end."""


@dataclass(frozen=True)
class Contribution:
    """One thing that a plugin contributes."""

    hook: str
    item: Any
    plugin: Plugin
    file: str
    line: int

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item.id)

    @property
    def key(self) -> tuple[str, str]:
        """Under what the registry knows it: base and derived tables share their names."""
        return self.hook, self.id

    @property
    def words(self) -> str:
        """What it is called in messages, as `KPI 'csat' of 'ours'`."""
        return f"{WORDS[self.hook]} {self.id!r} of {self.plugin.name!r}"

    @property
    def where(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


def contributions(
    plugin: Plugin, implementations: Iterable[Implementation], problems: list[Problem]
) -> Iterator[Contribution]:
    """What a plugin's hooks return; what is wrong with it is added to ``problems``."""
    for one in implementations:
        if one.hook in KINDS:
            for item in _items(plugin, one, problems):
                yield Contribution(one.hook, item, plugin, *place_of(item, plugin, one))


def _items(plugin: Plugin, one: Implementation, problems: list[Problem]) -> list[Any]:
    returned, wrong = guarded(one.function, plugin.home)
    who = f"{one.hook} of {plugin.name!r}"
    if not wrong and (problem := _no_list(returned, one, who)):
        problems.append(problem)
        return []
    # A generator runs while it is drained: here, where somebody looks after it.
    items, late = ([], wrong) if wrong else guarded(partial(_drained, returned), plugin.home)
    problems += [
        Problem(f"{who} raised {told.what}", told.where or one.where, told.nearest, told.fix or _MEND) for told in late
    ]
    if items and len(items) > MOST:
        problems.append(Problem(f"{who} returns more than {MOST} items", one.where, fix="Let it come to an end."))
        return []
    found = [(item, _no_item(item, one, who)) for item in items or ()]
    problems += [problem for _, problem in found if problem]
    return [item for item, problem in found if not problem]


def _drained(returned: Iterable[Any]) -> list[Any]:
    return list(islice(returned, MOST + 1))


def _wanted(hook: str) -> str:
    return " or ".join(kind.__name__ for kind in KINDS[hook])


def _no_list(returned: Any, one: Implementation, who: str) -> Problem | None:
    """What is wrong with something that is no list of contributions."""
    wanted = _wanted(one.hook)
    fix = f"Return a list of {wanted}."
    if returned is None:
        return Problem(f"{who} returned nothing", one.where, fix="Write `return [...]` at its end.")
    if isinstance(returned, KINDS[one.hook]):
        return Problem(f"{who} returned one {type(returned).__name__}, not a list", one.where, fix="Put it into [ ].")
    if isinstance(returned, str | bytes | Mapping) or not isinstance(returned, Iterable):
        return Problem(f"{who} returned {_kind_of(returned)} where a list of {wanted} is expected", one.where, fix=fix)
    return None


def _no_item(item: Any, one: Implementation, who: str) -> Problem | None:
    """What is wrong with something that is no contribution of this hook."""
    if isinstance(item, KINDS[one.hook]):
        return None
    wanted = _wanted(one.hook)
    fix = f"Return a list of {wanted}, from cpm_core.api."
    home = next((hook for hook, kinds in KINDS.items() if isinstance(item, kinds)), "")
    if home:
        fix = f"Return it from {home}."
    elif isinstance(item, type):
        fix = f"Make one of it: {item.__name__}(...)."
    elif callable(item) and one.hook in ("cpm_kpis", "cpm_tables"):
        mark = "@kpi(...)" if one.hook == "cpm_kpis" else "@table(...)"
        fix = f"Write {mark} of cpm_core.api above {getattr(item, '__name__', 'it')}."
    return Problem(f"{who} returned {_kind_of(item)} where a {wanted} is expected", one.where, fix=fix)


def _kind_of(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    return f"a {type(value).__name__}"
