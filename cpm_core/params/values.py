"""Types of single values of a params file: read from text, refused in plain words."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, StringConstraints
from pydantic_core import PydanticCustomError

from cpm_core.model.names import nearest
from cpm_core.model.secrets import scrubbed
from cpm_core.model.text import LOCALES, Text

WRONG = "cpm"
"""The type of our own errors: message, nearest names and fix come with them."""


def wrong(what: str, near: tuple[str, ...] = (), fix: str = "") -> PydanticCustomError:
    """An error in our own words; ``what`` follows the key's name and a colon."""
    return PydanticCustomError(WRONG, "{what}", {"what": what, "nearest": near, "fix": fix})


def quoted(value: Any) -> str:
    """A value as it is shown in a message, cut short."""
    text = scrubbed(repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= 48 else text[:45] + "…" + text[-1]


def to_day(value: Any) -> dt.date:
    """Read `2011-11-30` (and midnight of it); numbers are no days."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    text = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", str(value).strip())
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        raise wrong(f"{quoted(value)} is no day of the calendar", fix="Write a day as 2011-11-30.") from None
    raise wrong(f"{quoted(value)} is no date", fix="Write it as 2011-11-30.")


def to_number(value: Any) -> Any:
    """Read `90%` as .9; what is no percentage goes on as it is."""
    if isinstance(value, str) and (found := re.fullmatch(r"([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)\s*[%％]", value.strip())):
        # Through the decimal text, so that 90 % is the same number as 0.9.
        return float(f"{found[1]}e-2")
    return value


def to_words(value: Any) -> Text:
    """Read ``{en: ..., zh: ...}``."""
    if isinstance(value, Text):
        return value
    fix = "Write it as {en: Customer performance, zh: 客户绩效}."
    if not isinstance(value, Mapping):
        raise wrong(f"{quoted(value)} is in one language only", fix=fix)
    unknown = [key for key in value if key not in LOCALES]
    if unknown:
        raise wrong(f"{quoted(unknown[0])} is no language of the report", nearest(str(unknown[0]), LOCALES), fix)
    missing = [locale for locale in LOCALES if not isinstance(value.get(locale), str) or not value[locale].strip()]
    if missing:
        raise wrong(f"the words in {' and '.join(map(repr, missing))} are missing", fix=fix)
    return Text(en=value["en"], zh=value["zh"])


def to_zone(value: str) -> str:
    """Check an IANA timezone name."""
    known = _zones()
    if value in known:
        return value
    cities = {name.rsplit("/", 1)[-1]: name for name in sorted(known, reverse=True)}
    close = nearest(value, known) or tuple(cities[city] for city in nearest(value, cities))
    raise wrong(f"{quoted(value)} is no timezone", close, "Write a name such as Europe/London or Asia/Shanghai.")


@cache
def _zones() -> frozenset[str]:
    """The names of all zones; they are files, and to find them takes longer than all else of a params file."""
    return frozenset(zoneinfo.available_timezones())


def to_slug(value: str) -> str:
    """Check a name that becomes a folder."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", value):
        return value
    raise wrong(
        f"{quoted(value)} cannot be a folder's name everywhere",
        fix="Use letters A-Z, digits, '_' and '-' only, as in online_retail; `title` may hold any words.",
    )


def to_currency(value: str) -> str:
    """Check an ISO 4217 code, or nothing."""
    if re.fullmatch(r"([A-Z]{3})?", value):
        return value
    raise wrong(f"{quoted(value)} is no currency code", fix="Write the three letters of ISO 4217, as GBP or CNY.")


def to_memory(value: str) -> str:
    """Check an amount of memory as DuckDB reads it."""
    if re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", value, re.IGNORECASE):
        return value
    raise wrong(f"{quoted(value)} is no amount of memory", fix="Write it as 4GB.")


def bytes_of(amount: str) -> int:
    """Bytes of a checked amount of memory; kB is 1000, KiB 1024."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])(i?)B", amount, re.IGNORECASE)
    assert match is not None
    number, letter, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** ("KMGT".index(letter.upper()) + 1))


def each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a list that names a thing twice."""
    twice = [value for index, value in enumerate(values) if value in values[:index]]
    if twice:
        raise wrong(f"{quoted(twice[0])} is there twice", fix="Take one of them out.")
    return values


Day = Annotated[dt.date, BeforeValidator(to_day)]
Words = Annotated[
    Text, PlainValidator(to_words), PlainSerializer(lambda words: {"en": words.en, "zh": words.zh}, dict[str, str])
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, AfterValidator(to_slug)]
Zone = Annotated[str, AfterValidator(to_zone)]
Currency = Annotated[str, AfterValidator(to_currency)]
Memory = Annotated[str, AfterValidator(to_memory)]
Number = Annotated[float, BeforeValidator(to_number), Field(allow_inf_nan=False)]
Names = Annotated[tuple[Name, ...], AfterValidator(each_once)]
