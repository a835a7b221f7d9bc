"""Values for a notebook that JSON has no word for: text in its metadata, an expression in its cell.

papermill writes a date into the notebook's metadata as it is, where saving fails, and knows no expression for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class Written(str):
    """A value as text, and the expression that makes it; it needs no import of the notebook's own."""

    __slots__ = ("code",)
    code: str

    @classmethod
    def of(cls, value: dt.date | Decimal) -> Written:
        """A date, a date with a time, or a decimal."""
        text = str(value) if isinstance(value, Decimal) else value.isoformat()
        made = cls(text)
        name = type(value).__name__
        made.code = (
            f'__import__("decimal").Decimal("{text}")'
            if isinstance(value, Decimal)
            else f'__import__("datetime").{name}.fromisoformat("{text}")'
        )
        return made


def injectable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as papermill can write them, each of which comes out in the notebook as it went in."""
    from papermill.translators import papermill_translators

    papermill_translators.register("python", _translator())
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return Written.of(value) if isinstance(value, dt.date | Decimal) else value


def _translator() -> type:
    from papermill.translators import PythonTranslator

    class Python(PythonTranslator):  # type: ignore[misc]  # papermill ships no types
        """papermill's own, which also writes what has an expression."""

        @classmethod
        def translate_str(cls, val: str) -> str:
            return val.code if isinstance(val, Written) else str(super().translate_str(val))

    return Python
