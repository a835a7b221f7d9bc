"""What the values of a column look like: times and numbers, and how SQL reads those that are not plain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cpm_core.checks.proposing.sheets import Column, Sheet, plain, quoted

ENOUGH = 0.95
"""Share of the filled values that must be readable for a column to count as times or numbers."""
DAYS: tuple[str, ...] = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
)
HOURS: tuple[str, ...] = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
_SIGNS = "€£$¥￥元 \u00a0''’"  # within a text of SQL: two quotes are one
_COMMA = r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?"
_THOUSANDS = r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d+(\.\d+)?"


@dataclass(frozen=True)
class Reading:
    """How a column is read as a time or a number.

    Attributes:
        formats: Formats of a time that the engine does not read by itself; empty: it does.
        steps: What makes a plain number of the text, from inside outwards, with ``{}`` for it.
        other: What fits as well, where days and months, or thousands and decimals, cannot be told apart.
        unread: Values of the sample that cannot be read.
    """

    formats: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    other: str = ""
    unread: int = 0

    @property
    def direct(self) -> bool:
        """Whether the column can be mapped by its name."""
        return not self.formats and not self.steps

    def parsed(self, name: str) -> str:
        """SQL of the time that a text holds; null where it holds none."""
        if not self.formats:
            return f"TRY_CAST({quoted(name)} AS TIMESTAMP)"
        text = f"CAST({quoted(name)} AS VARCHAR)" if self.formats[0] == "%Y%m%d" else quoted(name)
        listed = ", ".join(f"'{one}'" for one in self.formats)
        return f"try_strptime({text}, {f'[{listed}]' if len(self.formats) > 1 else listed})"

    def text(self, name: str) -> str:
        """SQL of a text that conform reads; what cannot be read stays as it is, to be refused by name."""
        if self.formats:
            return f"coalesce(CAST({self.parsed(name)} AS VARCHAR), CAST({quoted(name)} AS VARCHAR))"
        made = quoted(name)
        for step in self.steps:
            made = step.format(made)
        return made

    def number(self, name: str) -> str:
        """SQL of an exact number; null where there is none."""
        return f"TRY_CAST({self.text(name)} AS DECIMAL(18, 4))"


class Shape:
    """The readings of one column; each is looked for when it is asked for."""

    def __init__(self, sheet: Sheet, column: Column) -> None:
        self.sheet = sheet
        self.column = column
        kind = column.type.lower().lstrip("!")
        self._is_text = kind.startswith("string")
        self._is_number = kind.startswith(("int", "uint", "float", "decimal"))
        self._is_time = kind.startswith(("timestamp", "date"))

    @cached_property
    def filled(self) -> int:
        """Values in the sample."""
        return int(self.sheet.ask(f"count({plain(self.column.name)})", sample=True)[0])

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The most frequent values of the sample, as text."""
        query = (
            f"SELECT {plain(self.column.name)} AS v, count(*) AS n FROM {self.sheet.sample} "
            "GROUP BY v HAVING v IS NOT NULL ORDER BY n DESC, v LIMIT 40"
        )
        return tuple(str(value) for value, _ in self.sheet.all(query))

    @cached_property
    def is_mail(self) -> bool:
        """Whether the values are mail addresses."""
        there = [value for value in self.values if "@" in value and "." in value.rpartition("@")[2]]
        return bool(self.values) and len(there) >= ENOUGH * len(self.values)

    @cached_property
    def number(self) -> Reading | None:
        """How it is read as a number; None if it is none."""
        if self._is_number:
            return Reading()
        if not self._is_text or not self.filled:
            return None
        text = plain(self.column.name)
        bare = f"regexp_replace({text}, '[{_SIGNS}]|EUR|USD|CNY|RMB|GBP|CHF', '', 'g')"
        counts = self._counts(
            f"count(TRY_CAST({text} AS DECIMAL(38, 6)))",
            *(
                f"count(*) FILTER (regexp_full_match({one}, '{form}'))"
                for one in (text, bare)
                for form in (_THOUSANDS, _COMMA)
            ),
        )
        comma, point = ("replace({}, '.', '')", "replace({}, ',', '.')"), ("replace({}, ',', '')",)
        strip = ("regexp_replace({}, '[^0-9,.+-]', '', 'g')",)
        readings = ((), point, comma, (*strip, *point), (*strip, *comma))
        best = max(range(len(readings)), key=lambda i: (counts[i], -i))
        if counts[best] < ENOUGH * self.filled:
            return None
        # `1,234` may be either: thousands are taken, and it is said.
        both = best in (1, 3) and counts[best] == counts[best + 1]
        return Reading(steps=readings[best], other="1,234 = 1.234" if both else "", unread=self.filled - counts[best])

    @cached_property
    def time(self) -> Reading | None:
        """How it is read as a time; None if it is none."""
        if self._is_time:
            return Reading()
        if self._is_number and not self._is_day_number():
            return None
        if not self._looks_dated():
            return None
        text = plain(self.column.name)
        direct, *tried = self._counts(
            _likely(f"TRY_CAST({text} AS TIMESTAMP)"), *(_likely(f"try_strptime({text}, {_list(day)})") for day in DAYS)
        )
        if direct >= ENOUGH * self.filled:
            return Reading(unread=self.filled - direct)
        most = max(tried)
        if most < ENOUGH * self.filled:
            return None
        fitting = [day for day, count in zip(DAYS, tried, strict=True) if count == most]
        day, other = self._told_apart(fitting)
        return Reading(formats=self._hours(day), other=other, unread=self.filled - most)

    def _looks_dated(self) -> bool:
        """Whether the usual values have digits with signs between, or eight of them; trying formats costs more."""
        dated = [value for value in self.values if re.search(r"\d.*[-/.年 ,].*\d|^\d{8}$", value)]
        return bool(self.values) and 2 * len(dated) >= len(self.values)

    def _is_day_number(self) -> bool:
        """Whether numbers are days written as 20240305."""
        low, high = self.sheet.ask(f"min({quoted(self.column.name)}), max({quoted(self.column.name)})", sample=True)
        return low is not None and 19000101 <= low <= high <= 21001231

    def _counts(self, *selects: str) -> tuple[int, ...]:
        return tuple(int(count) for count in self.sheet.ask(", ".join(selects), sample=True))

    def _told_apart(self, fitting: list[str]) -> tuple[str, str]:
        """The format to take and, where another one fits as well, that one.

        Rows of a file mostly lie in the order of time: of two formats the one that goes backwards less often is taken.
        """
        if len(fitting) == 1:
            return fitting[0], ""

        def backwards(day: str) -> int:
            parsed = f"try_strptime({plain(self.column.name)}, {_list(day)})"
            query = (
                "SELECT count(*) FILTER (t < before) FROM (SELECT t, lag(t) OVER (ORDER BY n) AS before FROM "
                f"(SELECT {parsed} AS t, row_number() OVER () AS n FROM (SELECT * FROM {self.sheet.relation} LIMIT 20000)))"
            )
            return int(self.sheet.all(query)[0][0])

        ordered = sorted(fitting, key=lambda day: (backwards(day), fitting.index(day)))
        same = {day.replace("%y", "%Y") for day in ordered}
        return ordered[0], ordered[1] if len(same) > 1 else ""

    def _hours(self, day: str) -> tuple[str, ...]:
        """The ways in which the time of day is written, the most frequent first."""
        text = plain(self.column.name)
        counts = self._counts(*(f"count(try_strptime({text}, '{day}{hour}'))" for hour in HOURS))
        found = sorted(((count, -i) for i, count in enumerate(counts) if count), reverse=True)
        return tuple(day + HOURS[-i] for _, i in found)


def _likely(time: str) -> str:
    """Counts times of this age: `10` is no year of it."""
    return f"count(*) FILTER ({time} BETWEEN TIMESTAMP '1900-01-01' AND TIMESTAMP '2101-01-01')"


def _list(day: str) -> str:
    return "[" + ", ".join(f"'{day}{hour}'" for hour in HOURS) + "]"


def shapes_of(sheet: Sheet) -> Iterator[tuple[str, Shape]]:
    """The shape of each column that holds anything, by name."""
    for column in sheet.columns:
        if column.filled:
            yield column.name, Shape(sheet, column)
