"""References to secrets in params: where they may stand, and their values when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cpm_core.model.errors import Problem
from cpm_core.model.secrets.references import SecretError, refers, resolved, told
from cpm_core.params.problems import label_of
from cpm_core.params.schema import Params
from cpm_core.params.syntax import Loc

HOMES = ("sources", "engine", "publish", "checks", "tiers", "lifecycle")
"""Keys of a params file whose values may be secrets: all others are shown to readers."""


def with_values(tree: Any, where: Callable[..., str], problems: list[Problem], prefix: Loc, loc: Loc = ()) -> Any:
    """Options with the values of their secrets; this process knows them from now on.

    Args:
        tree: Texts, lists and mappings.
        where: Says where the value at a location within them stands.
        problems: Takes what cannot be had.
        prefix: The way to the options in the file, for the names in messages.
        loc: The way to ``tree`` within the options.
    """
    if isinstance(tree, Mapping):
        return {key: with_values(value, where, problems, prefix, (*loc, key)) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [with_values(value, where, problems, prefix, (*loc, place)) for place, value in enumerate(tree)]
    if not isinstance(tree, str) or not refers(tree):
        return tree
    try:
        return resolved(tree)
    except SecretError as error:
        problems.append(told(error, label_of(*prefix, *loc), where(*loc)))
        return tree


def missing(params: Params) -> list[Problem]:
    """The references of params that lead to no secret, or stand where readers would see it.

    The secrets that there are this process knows afterwards: a runner asks before its notebook runs, so that it can
    hide what the notebook lets out.
    """
    problems: list[Problem] = []
    for loc, text in references_in(params.model_dump(mode="python", warnings=False)):
        if loc[0] in HOMES:
            with_values(text, lambda at=loc: params.where(*at), problems, loc)
        else:
            problems.append(seen(label_of(*loc), params.where(*loc), f"A secret may stand under {', '.join(HOMES)}."))
    for name, value in params.notebook_parameters.items():
        with_values(value, lambda *at, of=name: params.where(of, *at), problems, (name,))
    return problems


def seen(label: str, where: str, fix: str) -> Problem:
    """The problem of a reference that stands where readers would see the secret."""
    return Problem(f"{label}: readers would see a secret there", where, fix=fix)


def references_in(tree: Any, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Every text with a reference to a secret, and the way to it."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from references_in(value, (*loc, str(key)))
    elif isinstance(tree, list | tuple):
        for place, value in enumerate(tree):
            yield from references_in(value, (*loc, place))
    elif isinstance(tree, str) and refers(tree):
        yield loc, tree
