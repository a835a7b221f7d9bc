"""Annotations as they are written, read as types; nothing of a notebook is executed."""

from __future__ import annotations

import ast
import datetime as dt
import operator
from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from cpm_core.model.errors import ParamsError
from cpm_core.params import values
from cpm_core.params.syntax import flow, is_flow
from cpm_core.params.values import Day

SIZES = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
"""What `Field(…)` and the classes of `annotated_types` may say of a value."""
_OF_CLASS = {"Ge": "ge", "Gt": "gt", "Le": "le", "Lt": "lt", "MinLen": "min_length", "MaxLen": "max_length"}


class UnknownTypeError(Exception):
    """An annotation that is no type that a value can be read as."""


def plain_value(value: Any) -> Any:
    """A text that nobody has declared: a number or a boolean only where it is written as Python would write it.

    So `7` is a number, and `007`, `1_000` and `1e5` stay the text that they may be.
    """
    if isinstance(value, Mapping):
        return {key: plain_value(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(one) for one in value]
    if not isinstance(value, str):
        return value
    if value in ("True", "False", "true", "false"):
        return value in ("True", "true")
    for number in (int, float):
        try:
            # As it is written back: infinities and `nan` are words.
            if str(number(value)) == value and value.strip("-")[:1].isdecimal():
                return number(value)
        except ValueError:
            continue
    return value


def _whole(value: Any) -> Any:
    text = str(value).strip()
    if isinstance(value, bool) or not text.lstrip("+-").isdecimal() or len(text) - len(text.lstrip("+-")) > 1:
        raise values.wrong(f"{values.quoted(value)} is no whole number", fix="Write digits alone, as 12.")
    return int(text)


def _text(value: Any) -> Any:
    if value is None or isinstance(value, Mapping | list | tuple):
        return value  # refused in pydantic's words
    return value if isinstance(value, str) else str(value)


def _moment(value: Any) -> Any:
    try:
        return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise values.wrong(f"{values.quoted(value)} is no date with a time", fix="Write 2011-11-30T09:30.") from None


def _flow(value: Any) -> Any:
    """A list or mapping that came as one text, as `-p names "[a, b]"` gives it."""
    if not is_flow(value):
        return value
    try:
        return flow(value)
    except ParamsError:
        raise values.wrong(
            f"{values.quoted(value)} does not parse", fix="Close what is opened, as in [a, b]."
        ) from None


def _nothing(value: Any) -> None:
    if value is not None:
        raise values.wrong(f"{values.quoted(value)} is not nothing")


_LISTS, _DICTS = ("list", "List", "Sequence", "Iterable"), ("dict", "Dict", "Mapping")
_LIST: Any = list
_DICT: Any = dict
_LITERAL: Any = Literal
_ANNOTATED: Any = Annotated
"""Given their parts from the text of an annotation, which a type checker cannot follow."""
Plain = Annotated[Any, BeforeValidator(plain_value)]
NAMED: Mapping[str, Any] = {
    "str": Annotated[str, BeforeValidator(_text)],
    "int": Annotated[int, BeforeValidator(_whole)],
    "float": values.Number,
    "bool": bool,
    "date": Day,
    "datetime": Annotated[dt.datetime, BeforeValidator(_moment)],
    "Decimal": Annotated[Decimal, Field(allow_inf_nan=False)],
    "None": Annotated[None, BeforeValidator(_nothing)],
    "Any": Plain,
    "object": Plain,
    **dict.fromkeys(_LISTS, Annotated[list[Plain], BeforeValidator(_flow)]),
    **dict.fromkeys(_DICTS, Annotated[dict[str, Plain], BeforeValidator(_flow)]),
}
"""Types by the last word of their names."""


def type_of(node: ast.expr) -> Any:
    """The type that an annotation names, for pydantic.

    Raises:
        UnknownTypeError: It names none that a value can be read as; its text says which.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return type_of(ast.parse(node.value.strip(), mode="eval").body)
        except SyntaxError:
            raise UnknownTypeError(node.value) from None
    if isinstance(node, ast.Constant) and node.value is None:
        return NAMED["None"]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either(*map(type_of, _alternatives(node)))
    if isinstance(node, ast.Subscript):
        return _subscripted(node)
    word = _word(node)
    if word not in NAMED:
        raise UnknownTypeError(ast.unparse(node))
    return NAMED[word]


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """What stands between the bars."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _either(*kinds: Any) -> Any:
    """One of several types; beside text a number is one only where it is written as Python would write it."""
    # Nothing comes last: of what no type takes, the first type's words are told.
    ordered = sorted(kinds, key=lambda one: 2 if _base(one) is None else _base(one) is str)
    if not any(_base(one) is str for one in kinds) or len(kinds) == 1:
        return reduce(operator.or_, ordered)
    beside = [one if _base(one) is str else _beside_text(one) for one in ordered]
    return Annotated[reduce(operator.or_, beside), Field(union_mode="left_to_right")]


def _base(kind: Any) -> Any:
    """The class behind a type's checks; None for the type of nothing."""
    found = getattr(kind, "__origin__", kind)
    return None if found is type(None) else found


def _beside_text(kind: Any) -> Any:
    base = _base(kind)
    if base not in (bool, int, float, Decimal):
        return kind

    def written(value: Any) -> Any:
        plain = plain_value(value)
        if isinstance(plain, str) or (base is bool) != isinstance(plain, bool):
            raise values.wrong(f"{values.quoted(value)} is text")
        return plain

    return Annotated[kind, BeforeValidator(written)]


def _word(node: ast.expr) -> str:
    """The last word of a dotted name; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _subscripted(node: ast.Subscript) -> Any:
    word = _word(node.value)
    inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if word == "Literal":
        return _literal(inner)
    if word == "Annotated":
        return _annotated(inner)
    if word == "Optional":
        return _either(type_of(inner[0]), NAMED["None"])
    if word == "Union":
        return _either(*map(type_of, inner))
    if word in _LISTS and len(inner) == 1:
        return Annotated[_LIST[type_of(inner[0])], BeforeValidator(_flow)]
    if word in _DICTS and len(inner) == 2:
        return Annotated[_DICT[type_of(inner[0]), type_of(inner[1])], BeforeValidator(_flow)]
    raise UnknownTypeError(ast.unparse(node))


def _literal(nodes: list[ast.expr]) -> Any:
    """One of some constants; a number or boolean among them is known by its text."""
    try:
        choices = tuple(ast.literal_eval(one) for one in nodes)
    except ValueError:
        raise UnknownTypeError(f"Literal[{', '.join(map(ast.unparse, nodes))}]") from None
    words = {str(one): one for one in choices if not isinstance(one, str)}
    words = {**words, **{word.lower(): one for word, one in words.items() if isinstance(one, bool)}}
    texts = [one for one in choices if isinstance(one, str)]

    def chosen(value: Any) -> Any:
        return words.get(value, value) if isinstance(value, str) and value not in texts else value

    return Annotated[_LITERAL[choices], BeforeValidator(chosen)]


def _annotated(nodes: list[ast.expr]) -> Any:
    kind, about = type_of(nodes[0]), sizes(nodes[1:])
    # On the class itself, within what reads it from text: its words are then those of its own kind.
    inner = (getattr(kind, "__origin__", kind), Field(**about), *getattr(kind, "__metadata__", ()))
    return _ANNOTATED[inner] if about else kind


def sizes(nodes: list[ast.expr]) -> dict[str, Any]:
    """What the further parts of an `Annotated` say of sizes: `Field(ge=1)`, `Ge(1)`, `Interval(ge=1, le=9)`."""
    found: dict[str, Any] = {}
    for call in nodes:
        if not isinstance(call, ast.Call):
            continue
        word = _word(call.func)
        if word in ("Field", "Interval", "Len"):
            found |= {one.arg: _constant(one.value) for one in call.keywords if one.arg in SIZES}
        elif word in _OF_CLASS and call.args:
            found[_OF_CLASS[word]] = _constant(call.args[0])
    return found


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise UnknownTypeError(ast.unparse(node)) from None


def type_of_default(node: ast.expr) -> Any:
    """The type of a parameter without an annotation: that of its default; anything where that tells none."""
    if isinstance(node, ast.Call) and _word(node.func) in ("date", "datetime", "Decimal"):
        return NAMED[_word(node.func)]
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return Plain
    kinds: tuple[tuple[type, str], ...] = ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"))
    name = next((name for kind, name in kinds if isinstance(value, kind)), type(value).__name__)
    return NAMED.get(name, Plain) if value is not None else Plain
