"""Figures, dates and periods in the words of a reader, in both languages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from cpm_core.model.kpi import Unit
from cpm_core.model.money import SYMBOLS, with_currency
from cpm_core.model.text import Locale, Text

DASH = "–"
"""Stands where there is no figure."""
MINUS = "\u2212"
MONTHS = "January February March April May June July August September October November December".split()

UNITS: dict[str, Text] = {
    "money": Text(en="money", zh="金额"),
    "count": Text(en="number", zh="数量"),
    "percent": Text(en="%", zh="%"),
    "number": Text(en="number", zh="数值"),
    "points": Text(en="points", zh="分"),
    "hours": Text(en="hours", zh="小时"),
    "days": Text(en="days", zh="天"),
    "score": Text(en="score", zh="得分"),
}
_SUFFIX = {"hours": Text(en=" h", zh="小时"), "days": Text(en=" days", zh="天")}


def is_number(value: Any) -> bool:
    """Whether there is a figure at all (None, NaN, NaT and infinities are none)."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def number(value: Any) -> float:
    """A figure as a float, NaN if there is none."""
    return float(value) if is_number(value) else math.nan


def unit_title(unit: Unit, locale: Locale, currency: str = "") -> str:
    """The unit in words; money is named by its currency's code."""
    return currency if unit == "money" and currency else UNITS[unit].in_(locale)


def value(figure: Any, unit: Unit, locale: Locale, currency: str = "") -> str:
    """A figure with its unit; an en dash if there is none. `percent` figures are fractions."""
    if not is_number(figure):
        return DASH
    number = float(figure)
    digits = _digits(number, unit)
    text = _plain(abs(number) * (100 if unit == "percent" else 1), digits)
    sign = MINUS if number < 0 and float(text.replace(",", "")) else ""
    return sign + _with_unit(text, unit, locale, currency)


def change(figure: Any, base: Any, unit: Unit, locale: Locale, currency: str = "") -> str:
    """A signed change: of money and counts relative to a positive ``base``, of percent in points, else absolute."""
    if not is_number(figure):
        return DASH
    number = float(figure)
    if unit in ("money", "count") and is_number(base) and float(base) > 0:
        return _signed(number / float(base) * 100, 1, "%")
    if unit == "percent":
        return _signed(number * 100, 1, Text(en=" pp", zh="个百分点").in_(locale))
    digits = _digits(number, unit)
    if unit == "number" and is_number(base) and abs(float(base)) >= 1:
        digits = min(digits, 2)  # no more decimals than what it was
    text = _with_unit(_plain(abs(number), digits), unit, locale, currency)
    zero = not any(digit in "123456789" for digit in text)
    return text if zero else (MINUS if number < 0 else "+") + text


def interval(low: Any, high: Any, unit: Unit, locale: Locale, currency: str = "") -> str:
    """`89.5–91.8%`; empty if either end is missing. With a negative end it is joined by a word."""
    if not (is_number(low) and is_number(high)):
        return ""
    ends = value(low, unit, locale, currency), value(high, unit, locale, currency)
    if float(low) < 0 or float(high) < 0:
        return Text(en=" to ", zh="至").in_(locale).join(ends)
    suffix = "%" if unit == "percent" else _SUFFIX[unit].in_(locale) if unit in _SUFFIX else ""
    return f"{ends[0].removesuffix(suffix)}{DASH}{ends[1]}"


def target(low: Any, high: Any, unit: Unit, locale: Locale, currency: str = "", *, words: bool = False) -> str:
    """`≥ 90%`, `≤ 5%`, `2–5`; in words `at least 90%`. Empty if there is none."""
    has_low, has_high = is_number(low), is_number(high)
    if has_low and has_high:
        return interval(low, high, unit, locale, currency)
    if not (has_low or has_high):
        return ""
    bound = value(low if has_low else high, unit, locale, currency)
    if not words:
        return f"{'≥' if has_low else '≤'}{'' if locale == 'zh' else chr(0xA0)}{bound}"
    wording = Text(en="at least {}", zh="不低于{}") if has_low else Text(en="at most {}", zh="不高于{}")
    return wording.in_(locale).format(bound)


def compact(figure: float, unit: Unit, locale: Locale, currency: str = "") -> str:
    """A short form of a round figure on an axis: `£1.2m`, `113万`, `90%`; all its decimals, so that ticks differ."""
    if unit == "percent":
        return _short(figure * 100) + "%" if figure >= 0 else f"{MINUS}{_short(-figure * 100)}%"
    steps = ((1e8, "亿"), (1e4, "万")) if locale == "zh" else ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
    size = abs(figure)
    scale, letter = next(((s, name) for s, name in steps if size >= s), (1.0, ""))
    symbol = SYMBOLS.get(currency, "") if unit == "money" else ""
    return f"{MINUS if figure < 0 else ''}{symbol}{_short(size / scale)}{letter}"


def count(figure: Any) -> str:
    """A whole number with thousands separators; an en dash if there is none."""
    return value(figure, "count", "en")


def day(when: Any, locale: Locale, *, short: bool = False) -> str:
    """`30 November 2011`, `30 Nov 2011` or `2011年11月30日`; an en dash if there is none."""
    try:
        one = as_date(when)
    except ValueError:
        return DASH
    if locale == "zh":
        return f"{one.year}年{one.month}月{one.day}日"
    month = MONTHS[one.month - 1][: 3 if short else None]
    return f"{one.day} {month} {one.year}"


def as_date(when: Any) -> date:
    """The day of a date, a timestamp or an ISO text.

    Raises:
        ValueError: There is none (None, NaT, empty).
    """
    if isinstance(when, str):
        return date.fromisoformat(when[:10])
    if when is None or when != when:  # noqa: PLR0124  NaT is the one value that differs from itself
        raise ValueError("no day")
    return when.date() if isinstance(when, datetime) else date(when.year, when.month, when.day)


def period(label: Any, locale: Locale, *, short: bool = False) -> str:
    """A period's label in words: `November 2011`, `Q4 2011`, `week 48 of 2011`; short: `Nov ’11`."""
    text = str(label)
    if len(text) == 4 or not text[:4].isdigit():
        return f"{text}年" if locale == "zh" and text.isdigit() and not short else text
    year, rest = text[:4], text[5:]
    if rest[0] == "Q":
        return _quarter(year, rest[1:], locale, short=short)
    if rest[0] == "W":
        return _week(year, int(rest[1:]), locale, short=short)
    if len(rest) == 2:
        return _month(year, int(rest), locale, short=short)
    return _short_day(text, locale) if short else day(date.fromisoformat(text), locale)


def words(items: Sequence[str], locale: Locale) -> str:
    """`A, B and C`, `A、B和C`."""
    if len(items) < 2:
        return "".join(items)
    comma, last = ("、", "和") if locale == "zh" else (", ", " and ")
    return comma.join(items[:-1]) + last + items[-1]


def _month(year: str, month: int, locale: Locale, *, short: bool) -> str:
    if locale == "zh":
        return f"{year[2:] if short else year}年{month}月"
    name = MONTHS[month - 1]
    return f"{name[:3]} ’{year[2:]}" if short else f"{name} {year}"


def _quarter(year: str, quarter: str, locale: Locale, *, short: bool) -> str:
    if locale == "zh":
        return f"{year[2:]}年Q{quarter}" if short else f"{year}年第{'一二三四'[int(quarter) - 1]}季度"
    return f"Q{quarter} ’{year[2:]}" if short else f"Q{quarter} {year}"


def _week(year: str, week: int, locale: Locale, *, short: bool) -> str:
    if locale == "zh":
        return f"{year[2:]}年{week}周" if short else f"{year}年第{week}周"
    return f"W{week} ’{year[2:]}" if short else f"week {week} of {year}"


def _short_day(text: str, locale: Locale) -> str:
    one = date.fromisoformat(text)
    return f"{one.month}月{one.day}日" if locale == "zh" else f"{one.day} {MONTHS[one.month - 1][:3]}"


def _digits(number: float, unit: Unit) -> int:
    size = abs(number)
    if unit == "percent":
        return 2 if 0 < size < 0.01 else 1
    if unit == "count":
        return 0
    if unit == "money":
        return 0 if size >= 1000 else 2
    if unit == "number" and 0 < size < 1:
        return 3  # a Gini coefficient moves in its third decimal
    return 2 if size < 10 and unit in ("number", "score") else 1 if size < 1000 else 0


def _plain(number: float, digits: int) -> str:
    return f"{number:,.{digits}f}"


def _short(number: float) -> str:
    return f"{number:,.6f}".rstrip("0").rstrip(".")


def _signed(number: float, digits: int, suffix: str) -> str:
    text = _plain(abs(number), digits)
    sign = "" if not float(text.replace(",", "")) else MINUS if number < 0 else "+"
    return f"{sign}{text}{suffix}"


def _with_unit(text: str, unit: Unit, locale: Locale, currency: str) -> str:
    if unit == "percent":
        return f"{text}%"
    if unit == "money":
        return with_currency(text, currency)
    return text + (_SUFFIX[unit].in_(locale) if unit in _SUFFIX else "")
