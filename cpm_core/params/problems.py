"""pydantic's errors in plain words, each with its place, the nearest valid names and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import Problem
from cpm_core.model.names import nearest
from cpm_core.params.fields import field_at, keys_at, models_at
from cpm_core.params.syntax import Loc, is_flow
from cpm_core.params.values import WRONG, quoted

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

Where = Callable[..., str]
"""Takes the way to a value and says where that is written."""

_NO_SUCH = {
    "int": "is no whole number",
    "float": "is no number",
    "decimal": "is no number",
    "finite": "is no number",
    "bool": "is neither true nor false",
    "date": "is no date",
    "datetime": "is no date with a time",
    "time": "is no time",
    "string": "is no text",
}
_LIMITS = {
    "greater_than_equal": ("ge", "below", "the least it may be"),
    "greater_than": ("gt", "not above", "which it must exceed"),
    "less_than_equal": ("le", "above", "the most it may be"),
    "less_than": ("lt", "not below", "which it must stay under"),
}
_SHAPES = {
    "string_too_long": "has more than {max_length} signs, the most it may have",
    "too_long": "has more than {max_length} items, the most it may have",
    "string_pattern_mismatch": "is not of the form {pattern}",
    "multiple_of": "is no multiple of {multiple_of}",
    "decimal_max_places": "has more than {decimal_places} decimal places",
    "decimal_max_digits": "has more than {max_digits} digits",
    "timezone_naive": "says no time zone",
    "timezone_aware": "says a time zone, where none is expected",
}
_KEYS_WANTED = ("model_type", "dict_type", "mapping_type", "model_attributes_type", "dataclass_type")
_LIST_WANTED = ("list_type", "tuple_type", "set_type")


def problems_of(
    error: ValidationError, model: type[BaseModel], raw: Any, where: Where, prefix: Loc = ()
) -> list[Problem]:
    """One problem for each thing that pydantic refuses.

    Args:
        error: What it raised.
        model: The model class that was to be made.
        raw: What it was given.
        where: Says where a value stands; it is given locations inside ``raw``.
        prefix: The way to ``raw`` from the top of the file, for the names in messages.
    """
    found = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # pydantic does not count the items that it refused; they are told by themselves
        loc = _real(detail["loc"], raw, detail["type"])
        label = label_of(*prefix, *loc)
        found.append(_problem(detail, label, loc, model, where(*loc)))
    return list(dict.fromkeys(found))


def label_of(*loc: str | int) -> str:
    """A location as it is written with dots."""
    return ".".join(str(part) for part in loc)


def unknown_key(label: str, key: str, valid: Sequence[str], place: str) -> Problem:
    """The problem of a key that nothing reads."""
    close = nearest(key, valid)
    fix = "Write the right name, or take it out." if close else f"Valid here: {', '.join(valid) or 'no keys at all'}."
    return Problem(f"unknown key {label!r}", place, close, fix)


def _problem(detail: ErrorDetails, label: str, loc: Loc, model: type[BaseModel], place: str) -> Problem:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "extra_forbidden":
        return unknown_key(label, str(loc[-1]), keys_at(model, loc[:-1]), place)
    if kind == "missing":
        return Problem(f"the key {label!r} is missing", place, fix=_example(model, loc, "Write"))
    said = f"{label}: " if label else ""
    if kind == WRONG:
        return Problem(f"{said}{context['what']}", place, tuple(context["nearest"]), context["fix"])
    if kind in ("literal_error", "enum"):
        valid = re.findall(r"'([^']*)'", str(context["expected"]))
        what = f"{said}{quoted(value)} is none of {', '.join(valid)}"
        return Problem(what, place, nearest(str(value), valid), "Write one of them.")
    what = _type_words(kind, context, value, detail["msg"])
    return Problem(said + what, place, fix=_fix(kind, value, model, loc))


def _type_words(kind: str, context: Mapping[str, Any], value: Any, message: str) -> str:
    """What is wrong with the type or size of a value."""
    if kind in _LIMITS or kind in _SHAPES:
        return f"{quoted(value)} {_size_words(kind, context)}"
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", message))
    if kind in ("too_short", "string_too_short") or value is None:
        return "nothing is written there"
    if kind in (*_LIST_WANTED, *_KEYS_WANTED):
        wanted = "no list" if kind in _LIST_WANTED else "no mapping of keys to values"
        return f"{quoted(value)} is {wanted}"
    if isinstance(value, Mapping | list | tuple):
        stands = "keys with values stand" if isinstance(value, Mapping) else "a list stands"
        return f"{stands} where one value is expected"
    otherwise = f"will not do: {message[:1].lower()}{message[1:]}"
    return f"{quoted(value)} {_NO_SUCH.get(kind.split('_', maxsplit=1)[0], otherwise)}"


def _size_words(kind: str, context: Mapping[str, Any]) -> str:
    if kind in _SHAPES:
        return _SHAPES[kind].format(**context)
    name, relation, meaning = _LIMITS[kind]
    limit = context[name]
    shown = f"{limit:g}" if isinstance(limit, float) else limit
    return f"is {relation} {shown}, {meaning}"


def _fix(kind: str, value: Any, model: type[BaseModel], loc: Loc) -> str:
    if kind in ("too_short", "string_too_short"):
        return "Write it, or leave the key out."
    if kind in _LIST_WANTED and isinstance(value, str) and not is_flow(value) and not models_at(model, (*loc, 0)):
        return f"Write it as [{value}]."
    if kind in _KEYS_WANTED and (keys := keys_at(model, loc)):
        return f"Keys there: {', '.join(keys)}."
    return _example(model, loc, "Write it as")


def _example(model: type[BaseModel], loc: Loc, begin: str) -> str:
    field = field_at(model, loc)
    return f"{begin} `{loc[-1]}: {field.examples[0]}`." if field is not None and field.examples else ""


def _real(loc: tuple[int | str, ...], raw: Any, kind: str) -> Loc:
    """The location without what pydantic adds to it (branches of unions, names of validators)."""
    real: list[int | str] = []
    for position, part in enumerate(loc):
        inside = dict(enumerate(raw)) if isinstance(raw, list | tuple) else raw
        if isinstance(inside, Mapping) and part in inside:
            real.append(part)
            raw = inside[part]
        elif kind == "missing" and position == len(loc) - 1:
            real.append(part)
    return tuple(real)
