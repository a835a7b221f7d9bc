"""Small questions to the fields of contributions: texts, names, functions and what they take."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from cpm_core.model.names import nearest
from cpm_core.model.tables import ColumnType
from cpm_core.model.text import LOCALES, Text


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong with a contribution, which whoever asks puts before it."""

    what: str
    nearest: tuple[str, ...] = ()
    fix: str = ""


def bad_text(value: Any) -> str:
    """Why something is no text in both languages; empty if it is one."""
    if not isinstance(value, Text):
        return f"is a {type(value).__name__}, not a Text"
    lacking = [locale for locale in LOCALES if not str(value.in_(locale) or "").strip()]
    return f"has no {' and no '.join(map(repr, lacking))}" if lacking else ""


def text(value: Any, name: str) -> Iterator[Wrong]:
    """A text in both languages."""
    if problem := bad_text(value):
        yield Wrong(f"{name} {problem}", fix='Write Text(en="…", zh="…").')


def choice(value: Any, name: str, literal: Any) -> Iterator[Wrong]:
    """One of the values of a Literal type."""
    valid = get_args(literal)
    if value not in valid:
        near = nearest(str(value), valid)
        yield Wrong(f"{name} is {value!r}", near, f"Valid are: {', '.join(map(str, valid))}.")


def typo(value: str, name: str, valid: Iterable[str]) -> Iterator[Wrong]:
    """A free word that differs from a known one in a letter or two."""
    known = list(valid)
    if value not in known and (near := difflib.get_close_matches(value, known, n=1, cutoff=0.85)):
        yield Wrong(f"{name} is {value!r}, a word of your own that is nearly another", tuple(near))


def names(value: Any, name: str) -> Iterator[Wrong]:
    """A tuple of names; the brackets of a tuple of one are easily left out."""
    if isinstance(value, str):
        yield Wrong(f"{name} is the text {value!r}, not a tuple", fix=f'Write {name}=("{value}",), with the comma.')
    elif not isinstance(value, tuple | list) or not all(isinstance(one, str) for one in value):
        yield Wrong(f"{name} is no tuple of names", fix=f'Write {name}=("…", "…").')


def columns(value: Any) -> Iterator[Wrong]:
    """Declared columns and their types."""
    for column, kind in dict(value).items():
        yield from choice(kind, f"the type of column {column!r}", ColumnType)


def function(value: Any, name: str, called: Sequence[str] | None = None, *, optional: bool = False) -> Iterator[Wrong]:
    """A function that returns what it is asked for.

    Args:
        value: What should be one.
        name: The field.
        called: What it is called with, by position; None: with what it asks for, by name.
        optional: None will do.
    """
    if value is None and optional:
        return
    if not callable(value):
        yield Wrong(f"{name} is a {type(value).__name__}, not a function")
    elif any(
        test(value) for test in (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    ):
        word = "a `yield`" if inspect.isgeneratorfunction(value) else "async"
        yield Wrong(f"{name} is a function with {word}, so that calling it runs nothing", fix="Let it `return`.")
    elif called is not None:
        yield from _takes(value, name, called)
    else:
        yield from _asks(value, name)


def _takes(value: Callable[..., Any], name: str, called: Sequence[str]) -> Iterator[Wrong]:
    try:
        inspect.signature(value).bind(*called)
    except TypeError as error:
        given = ", ".join(called)
        yield Wrong(f"{name} is called with ({given}), and does not take that: {error}", fix=f"Write {name}({given}).")
    except ValueError:  # a function of C, which does not tell what it takes
        return


def _asks(value: Callable[..., Any], name: str) -> Iterator[Wrong]:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    for one in inspect.signature(value).parameters.values():
        if one.kind in stars:
            yield Wrong(
                f"{name} takes {stars[one.kind]}{one.name}, and is given what it names",
                fix="Name each table, KPI or `settings` that it needs.",
            )
        elif one.kind is inspect.Parameter.POSITIONAL_ONLY:
            yield Wrong(f"{name} takes {one.name!r} by position, and is given it by name", fix="Take the `/` out.")


def options(value: Any) -> Iterator[Wrong]:
    """A function that returns the class of the options."""
    if isinstance(value, type):
        fix = f"Write options=lambda: {value.__name__}; it is called only where the options are needed."
        yield Wrong("options is the class itself, not a function that returns it", fix=fix)
    else:
        yield from function(value, "options", (), optional=True)
