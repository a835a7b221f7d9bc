"""The key `only` of a params file: the customers, or rows of one table, that a workbook is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from cpm_core.params.values import Name, each_once

if TYPE_CHECKING:
    from cpm_core.params.schema import Params


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _flat(value: Any) -> Any:
    """`{orders: {channel: web}}`, which `-p only.orders.channel web` makes, as `{orders.channel: web}`."""
    if not isinstance(value, Mapping):
        return value
    found: dict[Any, Any] = {}
    for key, one in value.items():
        # Taken out first, so that what is said later also stands later.
        inner = {f"{key}.{name}": members for name, members in one.items()} if isinstance(one, Mapping) else {key: one}
        found = {name: members for name, members in found.items() if name not in inner} | inner
    return found


Members = Annotated[
    tuple[Name, ...],
    BeforeValidator(_one_or_more),
    Field(min_length=1),
    AfterValidator(each_once),
    # In one order, so that the same members are the same run.
    AfterValidator(lambda members: tuple(sorted(members))),
]
Only = Annotated[dict[Name, Members], BeforeValidator(_flat)]


def place_of(name: str, params: Params) -> str:
    """Where a column of `only` is written, as `params/x.yaml:7` or `-p only.orders.channel`."""
    plain = params.where("only", name)
    return plain if plain != params.where("only") else params.where("only", *name.split("."))
