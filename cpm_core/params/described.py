"""The keys of a params file, described: type, limits, default and meaning, as the schema itself says them."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from cpm_core.model.settings import Settings
from cpm_core.model.text import Text
from cpm_core.params.fields import CHOICES, LISTS, MAPPINGS, models_in
from cpm_core.params.schema import Conventions

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_PLAIN: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    Decimal: "number",
    bool: "true or false",
    dt.date: "date",
    dt.timedelta: "span of time",
    Text: "{en: …, zh: …}",
    Any: "anything",
}
_LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


@dataclass(frozen=True)
class Key:
    """One key of a params file.

    Attributes:
        name: With dots; `[n]` stands for an item of a list, `<name>` for a name of one's own.
        type: In words.
        limits: What a value must be beside its type, as `≥ 1, ≤ 5000`; empty: nothing.
        required: Whether it must be written.
        default: What counts where it is left out, as it would be written; None: nothing.
        meaning: One or two sentences.
        example: As it may be written; empty where the type says it.
    """

    name: str
    type: str
    limits: str
    required: bool
    default: Any
    meaning: str
    example: str


def keys(model: type[BaseModel], before: str = "", above: tuple[type[BaseModel], ...] = ()) -> Iterator[Key]:
    """The keys of a mapping and of those within it, in the order of the schema.

    Args:
        model: The mapping.
        before: The way to it.
        above: The mappings that it stands in: of one that has no other keys than one of these nothing is said again.
    """
    said, around = meanings(model), (*above, model)
    for name, field in model.model_fields.items():
        known = field.alias or name
        inner = list(_within(field.annotation))
        meaning = said.get(name, "") or next((_first(one) for _, one in inner), "")
        yield _key(before + known, field, meaning)
        for suffix, one in inner:
            if not any(one.model_fields.keys() <= other.model_fields.keys() for other in around):
                yield from keys(one, f"{before}{known}{suffix}.", around)


def _key(name: str, field: FieldInfo, meaning: str) -> Key:
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    example = str(field.examples[0]) if field.examples else ""
    return Key(name, words(field.annotation), limits(field), field.is_required(), default, meaning, example)


def _within(annotation: Any, suffix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The mappings with keys of their own that a value holds, and the way to them."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in MAPPINGS:
        yield from _within(parts[-1], f"{suffix}.<name>")
    elif origin in LISTS:
        yield from _within(parts[0], f"{suffix}[n]")
    elif origin in CHOICES:
        for part in parts:
            yield from _within(part, suffix)
    else:
        yield from ((suffix, one) for one in models_in(annotation))


def words(annotation: Any) -> str:
    """A type as a person would say it."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if origin is Literal:
        return " or ".join(map(str, parts))
    if origin in MAPPINGS:
        return f"mapping of {words(parts[0])} to {words(parts[-1])}"
    if origin in LISTS:
        return f"list of {words(parts[0])}"
    if origin in CHOICES:
        # Of an annotated type the first part is the type, and the rest is about it.
        kinds = parts[:1] if hasattr(annotation, "__metadata__") else [one for one in parts if one is not NoneType]
        return " or ".join(dict.fromkeys(map(words, kinds)))
    return "keys" if any(models_in(annotation)) else getattr(annotation, "__name__", str(annotation))


def limits(field: FieldInfo) -> str:
    """The least and the most that a value may be."""
    found = []
    for one in field.metadata:
        found += [f"{sign} {getattr(one, name):g}" for name, sign in _LIMITS.items() if hasattr(one, name)]
    return ", ".join(found)


@cache
def meanings(model: type[BaseModel]) -> dict[str, str]:
    """What stands under the fields of a class and of those that it is made of."""
    # The conventions are told where they are read.
    found = _beneath(inspect.getsource(Settings)) if model is Conventions else {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            found |= _beneath(inspect.getsource(one))
    return found


def _beneath(source: str) -> dict[str, str]:
    """The texts under the fields of a class, by the field."""
    (made,) = ast.parse(textwrap.dedent(source)).body
    body = made.body if isinstance(made, ast.ClassDef) else []
    found = {}
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = " ".join(text.value.value.split())
    return found


def _first(model: type[BaseModel]) -> str:
    """What a class says it is."""
    return " ".join((inspect.getdoc(model) or "").split("\n\n")[0].split())
