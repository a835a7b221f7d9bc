"""What is proposed beside the tables: the day, the period, zone, currency, language and slices."""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cpm_core.checks.proposing import words
from cpm_core.checks.proposing.proposal import Proposal
from cpm_core.model.text import Locale, Text

MEMBERS = range(2, 21)
"""Numbers of members that a slice may have to be proposed."""
MOST_SLICES = 3
SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "CNY", "￥": "CNY", "元": "CNY"}
CODES = ("EUR", "USD", "GBP", "CNY", "CHF", "JPY", "SEK", "PLN", "CAD", "AUD", "INR")
_SLICED = {"customers": ("region", "segment", "industry", "channel"), "orders": ("channel", "category")}
_SEVERAL = Text(
    en="amounts are in {codes}, and a workbook is in one currency: convert them, or choose one",
    zh="金额有多种货币（{codes}），而一个工作簿只用一种货币：请换算或只保留一种",
)
_SIGN = Text(en="read from the sign {sign}", zh="根据符号 {sign} 推测")
_UNKNOWN = Text(en="no column says it; write three letters, as EUR", zh="没有对应的列；请填写三位代码，如 CNY")
_ZONE = Text(en="this machine's; local times of the files are read in it", zh="取自本机；文件中的时间按此时区理解")
_UTC = Text(
    en="this machine tells none; local times of the files are read in it, as Europe/Berlin",
    zh="无法从本机得知；文件中的时间按此时区理解，可改为 Asia/Shanghai 等",
)


@dataclass
class Choices:
    """Keys of the params file beside `sources`, and what is unsure of each."""

    as_of: date
    first: date
    locale: Locale
    timezone: str
    currency: str
    slices: tuple[str, ...]
    doubts: dict[str, Text] = field(default_factory=dict)

    @property
    def period(self) -> str:
        """Months, or what is shorter where the data are."""
        days = (self.as_of - self.first).days
        return "month" if days >= 59 else "week" if days >= 14 else "day"

    @property
    def history(self) -> int:
        """Periods that the data cover, two years of months at most."""
        days = (self.as_of - self.first).days + 1
        length = {"month": 30.4375, "week": 7, "day": 1}[self.period]
        return max(1, min(24, round(days / length + 0.5)))


def chosen(proposals: Sequence[Proposal]) -> Choices | None:
    """What the data suggest; None if no row of them is dated."""
    found = [(proposal.match.spec.event, _days(proposal)) for proposal in proposals]
    every = [(event, days) for event, days in found if days is not None]
    if not every:
        return None
    # Customers and contracts begin long before the first order, and may end after the last one.
    spans = [days for event, days in every if event] or [days for _, days in every]
    doubts: dict[str, Text] = {}
    return Choices(
        as_of=max(last for _, last in spans),
        first=min(first for first, _ in spans),
        locale=_locale(proposals),
        timezone=_timezone(doubts),
        currency=_currency(proposals, doubts),
        slices=_slices(proposals),
        doubts=doubts,
    )


def _days(proposal: Proposal) -> tuple[date, date] | None:
    if not proposal.time:
        return None
    first, last = proposal.match.sheet.ask(f"min({proposal.time}), max({proposal.time})")
    return None if first is None else (first.date(), last.date())


def _locale(proposals: Sequence[Proposal]) -> Locale:
    names = [column.name for proposal in proposals for column in proposal.match.sheet.columns]
    chinese = [name for name in names if re.search(r"[\u4e00-\u9fff]", name)]
    return "zh" if 2 * len(chinese) > len(names) else "en"


def _timezone(doubts: dict[str, Text]) -> str:
    """The machine's zone by its IANA name."""
    link = Path("/etc/localtime")
    named = os.environ.get("TZ", "").lstrip(":")
    if not named and link.is_symlink():
        named = str(link.resolve()).rpartition("zoneinfo/")[2]
    known = named in zoneinfo.available_timezones() and named not in ("UTC", "Etc/UTC", "Universal", "Etc/Universal")
    doubts["timezone"] = _ZONE if known else _UTC
    return named if known else "UTC"


def _currency(proposals: Sequence[Proposal], doubts: dict[str, Text]) -> str:
    """The one currency that a column, a heading or the amounts name."""
    found: set[str] = set()
    for proposal in proposals:
        match = proposal.match
        for name, shape in match.shapes.items():
            if words.likeness(name, words.CURRENCY) >= 0.6:
                found |= {value for value in shape.values if re.fullmatch("[A-Z]{3}", value)}
        headings = " ".join(column.name for column in match.sheet.columns)
        found |= {code for code in CODES if re.search(rf"(?<![A-Za-z]){code}(?![A-Za-z])", headings)}
        if not found and "amount" in match.picks:
            signs = {sign for value in match.shape("amount").values for sign in SIGNS if sign in value}
            if len(signs) == 1:
                doubts["currency"] = _SIGN.format(sign=next(iter(signs)))
                return SIGNS[signs.pop()]
    if len(found) == 1:
        return found.pop()
    doubts["currency"] = _SEVERAL.format(codes=", ".join(sorted(found))) if found else _UNKNOWN
    return ""


def _slices(proposals: Sequence[Proposal]) -> tuple[str, ...]:
    """Columns of few members: those of customers first, which most KPIs reach."""
    found: list[str] = []
    for table, usual in _SLICED.items():
        for proposal in proposals:
            if proposal.table == table:
                found += [name for name in (*usual, *_few(proposal)) if _has(proposal, name) and name not in found]
    return tuple(found[:MOST_SLICES])


def _has(proposal: Proposal, name: str) -> bool:
    """Whether a proposed table has a column of few members."""
    match = proposal.match
    if proposal.query:
        return re.search(rf' AS "?{re.escape(name)}"?(,|\n)', proposal.query) is not None
    source = match.picks.get(name, name)
    spec = match.spec.column(name)
    if (spec is not None and name not in match.picks) or source not in match.shapes:
        return False
    column = match.sheet.column(source)
    return column.distinct in MEMBERS and column.filled >= 3 * column.distinct / 2


def _few(proposal: Proposal) -> list[str]:
    """Attributes of few words."""
    match = proposal.match
    texts = [name for name in match.left if name in match.shapes and match.shapes[name].number is None]
    plain = [name for name in texts if match.shapes[name].time is None and not match.shapes[name].is_mail]
    return [] if proposal.query else [name for name in plain if words.likeness(name, words.CURRENCY) < 0.6]
