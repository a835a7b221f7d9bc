"""Walk through model classes along a location, to find the keys that are valid there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from cpm_core.model.text import Text
from cpm_core.params.syntax import Loc

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

MAPPINGS = (dict, Mapping)
LISTS = (list, tuple, Sequence)
CHOICES = (Union, UnionType, Annotated)
"""Annotations that stand for what is within them, at the same place of the file."""


def field_names(model: type[BaseModel]) -> list[str]:
    """The keys that a model reads, by alias where it has one."""
    return [field.alias or name for name, field in model.model_fields.items()]


def field_of(model: type[BaseModel], key: object) -> FieldInfo | None:
    """The field that reads a key."""
    return next((field for name, field in model.model_fields.items() if key in (name, field.alias)), None)


def field_at(model: type[BaseModel], loc: Loc) -> FieldInfo | None:
    """The field that reads the last key of a location."""
    owners = models_at(model, loc[:-1]) if loc else []
    return next((field for one in owners if (field := field_of(one, loc[-1]))), None)


def models_at(model: type[BaseModel], loc: Loc) -> list[type[BaseModel]]:
    """The model classes as which the mapping at a location may be read; none if it is no such mapping."""
    here: list[Any] = [model]
    for part in loc:
        here = [inner for annotation in here for inner in _step(annotation, part)]
    return [found for annotation in here for found in models_in(annotation)]


def keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The valid keys of the mapping at a location."""
    return [key for one in models_at(model, loc) for key in field_names(one)]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The model classes that an annotation offers, not counting those inside its lists and mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in CHOICES:
        for part in get_args(annotation):
            yield from models_in(part)


def takes_parts(model: type[BaseModel], loc: Loc) -> bool:
    """Whether what stands at a location is a list or a mapping, and cannot be a text."""
    here: list[Any] = [model]
    for part in loc:
        here = [inner for annotation in here for inner in _step(annotation, part)]
    kinds = {kind for annotation in here for kind in _kinds(annotation)}
    return bool(kinds) and all(
        kind in (*LISTS, *MAPPINGS, Text) or (isinstance(kind, type) and issubclass(kind, BaseModel)) for kind in kinds
    )


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types that an annotation offers, without what stands within their brackets, and without None."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        for part in parts:
            yield from _kinds(part)
    elif origin is Annotated:
        yield from _kinds(parts[0])
    elif annotation is not type(None):
        yield origin or annotation


def _step(annotation: Any, part: str | int) -> Iterator[Any]:
    """The annotations of what stands under a key or at a position."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = field_of(annotation, part)
        if field is not None:
            yield field.annotation
    elif origin in MAPPINGS:
        yield parts[-1]
    elif origin in LISTS and isinstance(part, int):
        yield parts[0]
    elif origin in CHOICES:
        for choice in parts:
            yield from _step(choice, part)
