"""Whether two contributions are the same: what they say, and the code of their functions and of what these call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pydantic import BaseModel

_PLAIN = (str, bytes, int, float, complex, bool, type(None))


def fingerprint(item: Any) -> str:
    """A short hash of a contribution; the same for the same text, wherever it lies and in whichever line."""
    return hashlib.sha256("\n".join(_Reader().text(item)).encode()).hexdigest()[:12]


class _Reader:
    """Reads a contribution through, each function once."""

    def __init__(self) -> None:
        # By id, and kept: of what is made on the way another one could get the same id.
        self._seen: dict[int, Any] = {}

    def text(self, value: Any) -> Iterator[str]:
        if isinstance(value, _PLAIN):
            yield repr(value)
        elif id(value) in self._seen:
            yield "again"
        else:
            self._seen[id(value)] = value
            yield from self._within(value)

    def _within(self, value: Any) -> Iterator[str]:
        if isinstance(value, FunctionType):
            yield from self._function(value)
        elif isinstance(value, AbstractSet):
            yield from sorted(line for one in value for line in self.text(one))
        else:
            yield type(value).__qualname__
            for part in _parts(value):
                yield from self.text(part)

    def _function(self, function: FunctionType) -> Iterator[str]:
        yield from self._code(function.__code__)
        yield from self.text(function.__defaults__)
        yield from self.text(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            with suppress(ValueError):  # a name that has no value yet
                yield from self.text(cell.cell_contents)
        names = sorted(set(_names(function.__code__)))
        home = function.__module__.partition(".")[0]
        for name in names:
            if name in function.__globals__:
                yield from self._global(function.__globals__[name], names, home)

    def _code(self, code: CodeType) -> Iterator[str]:
        yield code.co_code.hex()
        yield from code.co_names
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from self._code(constant)
            else:
                yield from self.text(constant)

    def _global(self, value: Any, names: Sequence[str], home: str) -> Iterator[str]:
        """What a function's name stands for, if the plugin itself defines it."""
        if isinstance(value, ModuleType):
            if _top(value.__name__) == home:
                for name in names:
                    if name in vars(value):
                        yield from self._global(vars(value)[name], names, home)
        elif not isinstance(value, FunctionType) or _top(value.__module__) == home:
            yield from self.text(value)


def _parts(value: Any) -> Iterator[Any]:
    """What something is made of; of what is no data its name alone."""
    if is_dataclass(value) and not isinstance(value, type):
        # What does not count between equals (the line in which something stands) does not count here either.
        yield from ((field.name, getattr(value, field.name)) for field in fields(value) if field.compare)
    elif isinstance(value, BaseModel):
        yield value.model_dump(mode="json")
    elif isinstance(value, partial):
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, Sequence):
        yield from value
    else:
        yield getattr(value, "__qualname__", "")


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _top(module: str | None) -> str:
    return (module or "").partition(".")[0]
