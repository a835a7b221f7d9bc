"""Whether the names and options of a params file fit what plugins provide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import ParamsError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.rules import TierRule
from cpm_core.params import plan
from cpm_core.params.options import no_options, validate_options
from cpm_core.params.problems import label_of
from cpm_core.params.problems import problems_of as wrong_in
from cpm_core.params.schema import Params, TierUse
from cpm_core.params.targets import problems_of


def check_names(params: Params, registry: Registry) -> None:
    """See that the KPIs, sources and rules that params name are there, and that their options fit.

    Raises:
        ParamsError: All names and options that do not fit, with their lines.
    """
    problems: list[Problem] = []

    def known(name: str, what: str, valid: Mapping[str, object], *loc: str | int) -> bool:
        if name not in valid:
            near = nearest(name, valid)
            fix = "" if near else f"There are: {', '.join(sorted(valid))}."
            problems.append(Problem(f"there is no {what} {name!r}", params.where(*loc), near, fix))
        return name in valid

    for index, name in enumerate(params.kpis or ()):
        known(name, "KPI", registry.kpis, "kpis", index)
    for name in params.targets:
        known(name, "KPI", registry.kpis, "targets", name)
    problems += problems_of(params)
    for index, use in enumerate(params.sources):
        if known(use.use, "source", registry.sources, "sources", index, "use"):
            options_of(registry.sources[use.use].item.options, use.options, params, ("sources", index), problems)
    if known(params.tiers.rule, "tier rule", registry.tier_rules, "tiers", "rule"):
        _tier_options(params, registry, problems)
    if known(params.lifecycle.rule, "lifecycle rule", registry.lifecycle_rules, "lifecycle", "rule"):
        stages = registry.lifecycle_rules[params.lifecycle.rule].item
        options_of(stages.options, params.lifecycle.options, params, ("lifecycle",), problems)
    problems += plan.problems_of(params, registry.actions)
    problems += _publishers(params, registry)
    if problems:
        raise ParamsError(problems)


def _publishers(params: Params, registry: Registry) -> list[Problem]:
    """Publishers that the params name and nobody provides, and options that do not fit."""
    problems: list[Problem] = []
    valid = registry.publishers
    for index, use in enumerate(params.publish):
        if use.use in valid:
            options_of(valid[use.use].item.options, use.options, params, ("publish", index), problems)
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
