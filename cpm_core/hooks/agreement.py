"""Whether the names and options of a params file fit what plugins provide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from cpm_core.hooks import check_uses
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import ParamsError, PluginError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.rules import TierRule
from cpm_core.params import plan
from cpm_core.params.options import no_options, validate_options
from cpm_core.params.problems import label_of
from cpm_core.params.problems import problems_of as wrong_in
from cpm_core.params.schema import Params, TierUse
from cpm_core.params.secrets import missing
from cpm_core.params.targets import problems_of


def check_names(params: Params, registry: Registry) -> None:
    """See that the KPIs, sources and rules that params name are there, and that their options fit.

    While a plugin is quarantined, a KPI, publisher or check that nobody provides may be one of its own: the report
    does without it, and says so. Without a source, rule or action there is no report.

    Raises:
        ParamsError: All names and options that do not fit, with their lines.
        PluginError: Nothing does not fit but names that nobody provides while plugins are quarantined.
    """
    found = _Names(params, registry)
    found.problems += missing(params)
    found.kpis()
    found.sources()
    found.rules()
    found.problems += found.plan()
    if not registry.quarantined:
        found.problems += check_uses.problems_of(params, registry)
    found.problems += _publishers(params, registry)
    if found.problems or (found.unknown and not registry.quarantined):
        raise ParamsError(found.in_order())
    if found.unknown:
        raise PluginError([_lost(problem, registry) for problem in found.unknown])


class _Names:
    """The names of a params file, held against what there is."""

    def __init__(self, params: Params, registry: Registry) -> None:
        self.params, self.registry = params, registry
        self.problems: list[Problem] = list(problems_of(params))
        self.unknown: list[Problem] = []
        """Names that nobody provides."""

    def in_order(self) -> list[Problem]:
        # A secret that cannot be had is missed by all that need it.
        return list(dict.fromkeys([*self.unknown, *self.problems]))

    def _known(self, name: str, what: str, valid: Mapping[str, object], *loc: str | int) -> bool:
        if name not in valid:
            near = nearest(name, valid)
            fix = "" if near else f"There are: {', '.join(sorted(valid))}."
            self.unknown.append(Problem(f"there is no {what} {name!r}", self.params.where(*loc), near, fix))
        return name in valid

    def kpis(self) -> None:
        if self.registry.quarantined:
            return
        for index, name in enumerate(self.params.kpis or ()):
            self._known(name, "KPI", self.registry.kpis, "kpis", index)
        for name in self.params.targets:
            self._known(name, "KPI", self.registry.kpis, "targets", name)

    def sources(self) -> None:
        sources = self.registry.sources
        for index, use in enumerate(self.params.sources):
            if self._known(use.use, "source", sources, "sources", index, "use"):
                model, place = sources[use.use].item.options, ("sources", index)
                options_of(model, use.options, self.params, place, self.problems)

    def rules(self) -> None:
        params, registry = self.params, self.registry
        if self._known(params.tiers.rule, "tier rule", registry.tier_rules, "tiers", "rule"):
            rule = registry.tier_rules[params.tiers.rule].item
            options = options_of(rule.options, params.tiers.options, params, ("tiers",), self.problems)
            self.unknown += _unknown_columns(rule, options, params, registry)
        if self._known(params.lifecycle.rule, "lifecycle rule", registry.lifecycle_rules, "lifecycle", "rule"):
            model = registry.lifecycle_rules[params.lifecycle.rule].item.options
            options_of(model, params.lifecycle.options, params, ("lifecycle",), self.problems)

    def plan(self) -> Iterator[Problem]:
        """What else is wrong with the plan than actions that there are not."""
        used = self.params.plan.use if self.params.plan is not None else ()
        for index, name in enumerate(used):
            self._known(name, "action", self.registry.actions, "plan", "use", index)
        yield from plan.problems_of(self.params, {*self.registry.actions, *used})


def _lost(problem: Problem, registry: Registry) -> Problem:
    """A name that nobody provides, perhaps for want of a plugin that is quarantined."""
    names = ", ".join(one.name for one in registry.quarantined)
    fix = f"These plugins could not be loaded, and may provide it: {names}. See `cpm plugins list`."
    return Problem(problem.what, problem.where, problem.nearest, fix)


def _publishers(params: Params, registry: Registry) -> list[Problem]:
    """Publishers that the params name and nobody provides, and options that do not fit."""
    problems: list[Problem] = []
    valid = registry.publishers
    for index, use in enumerate(params.publish):
        if use.use in valid:
            options_of(valid[use.use].item.options, use.options, params, ("publish", index), problems)
            if "failure" in use.on and not valid[use.use].item.failures:
                able = ", ".join(sorted(name for name, one in valid.items() if one.item.failures))
                fix = f"Take `failure` out of `on`. Those that can: {able}."
                what = f"publisher {use.use!r} cannot tell of failures"
                problems.append(Problem(what, params.where("publish", index, "on"), fix=fix))
        if use.use in valid or registry.quarantined:
            continue
        what, fix = f"there is no publisher {use.use!r}", f"There are: {', '.join(sorted(valid))}."
        problems.append(Problem(what, params.where("publish", index, "use"), nearest(use.use, valid), fix))
    return problems


def tier_options(params: Params, registry: Registry) -> tuple[Provided[TierRule], Any]:
    """The tier rule of the params and its options.

    Raises:
        ParamsError: There is no such rule, or its options do not fit.
    """
    name, rules = params.tiers.rule, registry.tier_rules
    if name not in rules:
        raise ParamsError(f"there is no tier rule {name!r}", where=params.where("tiers"), nearest=nearest(name, rules))
    problems: list[Problem] = []
    options = _tier_options(params, registry, problems)
    if problems:
        raise ParamsError(problems)
    return rules[name], options


def other_tiers(params: Params, other: Mapping[str, Any]) -> Params:
    """The same params with other keys of `tiers`; of another rule none of the options are kept.

    Raises:
        ParamsError: A key or value is wrong.
    """
    use = params.tiers
    kept = use.options if other.get("rule", use.rule) == use.rule else {}
    said = {"rule": use.rule, "margin": use.margin, "capacity": use.capacity.model_dump(), **kept, **other}
    place = "tiers(" + ", ".join(f"{key}={value!r}" for key, value in other.items()) + ")"
    try:
        tiers = TierUse.model_validate(said)
    except ValidationError as error:
        raise ParamsError(wrong_in(error, TierUse, said, lambda *_: place, ("tiers",))) from None
    return params.model_copy(update={"tiers": tiers}).read_from(params.path, place, {}, params.notebook_parameters)


def _tier_options(params: Params, registry: Registry, problems: list[Problem]) -> Any:
    rule = registry.tier_rules[params.tiers.rule].item
    options = options_of(rule.options, params.tiers.options, params, ("tiers",), problems)
    problems += _unknown_columns(rule, options, params, registry)
    return options


def _unknown_columns(rule: TierRule, options: Any, params: Params, registry: Registry) -> Iterator[Problem]:
    """Columns of the customer profile that a tier rule's options name, and that there are not."""
    if rule.columns is None or (rule.options is not None and options is None):
        return
    valid = [*PROFILE_COLUMNS, *registry.profile_columns]
    for loc, name in rule.columns(options).items():
        if name not in valid:
            what = f"{label_of('tiers', *loc)}: the customer profile has no column of numbers {name!r}"
            near = nearest(name, valid)
            fix = "Write the right name." if near else f"There are: {', '.join(valid)}."
            yield Problem(what, params.where("tiers", *loc), near, fix)


def texts_in(tree: Any, loc: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts within options, and the way to each."""
    if isinstance(tree, str):
        yield loc, tree
    elif isinstance(tree, Mapping | list):
        for key, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
            yield from texts_in(value, (*loc, key))


def options_of(
    model: Callable[[], type] | None,
    raw: Mapping[str, Any],
    params: Params,
    prefix: tuple[str | int, ...],
    problems: list[Problem],
) -> Any:
    """The options of a source or rule, typed by its own model; what is wrong is added to ``problems``."""

    def where(*loc: str | int) -> str:
        return params.where(*prefix, *loc)

    try:
        if model is None:
            return no_options(raw, where, prefix)
        return validate_options(model(), raw, where, prefix, params.settings_for())
    except ParamsError as error:
        problems += error.problems
        return None


def attributes_of(registry: Registry) -> dict[str, dict[str, str]]:
    """Types of the attributes that KPIs declare, by table."""
    found: dict[str, dict[str, str]] = {}
    for provided in registry.kpis.values():
        if provided.item.table and provided.item.columns:
            found.setdefault(provided.item.table, {}).update(provided.item.columns)
    return found
