"""The publishers that params use, each with its options and recipients."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpm_core.hooks.agreement import options_of
from cpm_core.hooks.blame import blamed
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import Problem
from cpm_core.model.publishers import Publisher
from cpm_core.params.publish import PublisherUse
from cpm_core.params.schema import Params
from cpm_core.runs.sending.outbox import Row


@dataclass(frozen=True, eq=False)
class Use:
    """One item of `publish`."""

    keys: PublisherUse
    provided: Provided[Publisher] | None
    """None if its plugin is quarantined."""
    home: Path | None
    """Of its plugin."""
    options: Any
    rows: tuple[Row, ...]
    where: str
    """Its line in the params."""
    wrong: tuple[Problem, ...] = ()
    """Why its options cannot be had, as a secret that is not set."""


def uses_of(params: Params, registry: Registry) -> tuple[Use, ...]:
    """The publishers that the params use, in their order."""
    found: list[Use] = []
    for index, keys in enumerate(params.publish):
        provided = registry.publishers.get(keys.use)
        options, wrong = None, list[Problem]()
        if provided is not None:
            options = options_of(provided.item.options, keys.options, params, ("publish", index), wrong)
        same = sum(one.keys.use == keys.use and one.keys.options == keys.options for one in found)
        home = _home(provided, registry)
        try:
            rows = _rows(keys, provided, options, same)
        except Exception as error:  # noqa: BLE001  # a plugin may fail in any way, and the report stands
            wrong.append(Problem(f"the recipients of {keys.use!r} cannot be had: {error!r}", blamed(error, home)))
            rows = (Row(_id(keys.use, keys.options, same), keys.use),)
        found.append(Use(keys, provided, home, options, rows, params.where("publish", index, "use"), tuple(wrong)))
    return tuple(found)


def _home(provided: Provided[Publisher] | None, registry: Registry) -> Path | None:
    plugins = registry.plugins if provided is not None else ()
    return next((plugin.home for plugin in plugins if provided and plugin.name == provided.provider), None)


def _rows(keys: PublisherUse, provided: Provided[Publisher] | None, options: Any, same: int) -> tuple[Row, ...]:
    named = provided.item.recipients if provided is not None and options is not None else None
    if named is None:
        return (Row(_id(keys.use, keys.options, same), keys.use),)
    # A publisher's own recipients count without their case, each once.
    recipients = {one.casefold(): one for one in reversed(named(options))}
    return tuple(Row(_id(keys.use, {"recipient": key}, 0), keys.use, one) for key, one in reversed(recipients.items()))


def _id(use: str, about: Mapping[str, Any], same: int) -> str:
    text = json.dumps([use, about, same], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
