"""Whether the names and options of a params file fit what plugins provide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import ParamsError, Problem
from cpm_core.model.names import nearest
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.rules import TierRule
from cpm_core.params import plan
from cpm_core.params.options import no_options, validate_options
from cpm_core.params.problems import label_of
from cpm_core.params.schema import Params
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
        rule = registry.tier_rules[params.tiers.rule].item
        options = options_of(rule.options, params.tiers.options, params, ("tiers",), problems)
        problems += _unknown_columns(rule, options, params, registry)
    if known(params.lifecycle.rule, "lifecycle rule", registry.lifecycle_rules, "lifecycle", "rule"):
        stages = registry.lifecycle_rules[params.lifecycle.rule].item
        options_of(stages.options, params.lifecycle.options, params, ("lifecycle",), problems)
    problems += plan.problems_of(params, registry.actions)
    if problems:
        raise ParamsError(problems)


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
