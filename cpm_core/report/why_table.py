"""The parts of a change as a table of words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report.slices import TOTAL
from cpm_core.report.table import table
from cpm_core.report.why_view import Why
from cpm_core.report.why_words import Speaker

MOST = 12
"""Members that have a line; the others share one."""

FACTOR = Text(en="Factor", zh="因素")
WEIGHT_BEFORE = Text(en="Weight before", zh="前期权重")
WEIGHT_AFTER = Text(en="Weight after", zh="本期权重")
MIX, RATE = Text(en="Mix", zh="结构"), Text(en="Own figure", zh="自身")
PART, SHARE = Text(en="Part of the change", zh="对变化的贡献"), Text(en="Share", zh="占比")
OTHERS = Text(en="{count} others", zh="其他{count}个")
KEY_RATIO = Text(
    en="The parts add up to the change. Mix: what a changed weight brought; own figure: what the member’s own change "
    "brought, each at the mean of both periods.",
    zh="各项贡献之和等于总变化。结构：权重变化的贡献；自身：成员自身数值变化的贡献；均按两期均值计算。",
)
KEY_SUM = Text(en="The parts add up to the change.", zh="各项贡献之和等于总变化。")
KEY_FACTORS = Text(
    en="The parts add up to the change: each factor’s Shapley value, its change averaged over all orders in which "
    "the factors may have moved.",
    zh="各项贡献之和等于总变化：采用各因素的 Shapley 值，即对所有变动先后顺序取平均。",
)
KEY_BOLD = Text(
    en="Bold: stands out from its share of the change by more than chance.", zh="粗体：超出其应占份额，且非随机波动。"
)


def html(why: Why) -> str:
    """The table and what it means."""
    speak = Speaker(why.explained, why.factors, why.locale, why.currency)
    heads, rows = _heads(speak), _rows(speak)
    place = [0, *(i for i in range(1, len(heads)) if any(row[i] != fmt.DASH for row in rows))]
    shown = table("why", [heads[i] for i in place], [[row[i] for i in place] for row in rows])
    key = {"ratio": KEY_RATIO, "sum": KEY_SUM, "factors": KEY_FACTORS}[why.explained.kind]
    keys = [key, *([KEY_BOLD] if why.explained.frame["significant"].any() else [])]
    return shown + "".join(f'<p class="key">{escape(one.in_(why.locale))}</p>' for one in keys)


def text(why: Why) -> str:
    """Plain words: one line a member."""
    import pandas as pd

    speak = Speaker(why.explained, why.factors, why.locale, why.currency)
    records = why.explained.frame.head(MOST).to_dict("records")
    lines = [
        [
            speak.name(one["member"]),
            *(speak.member_value(one["member"], one[side]) for side in ("before", "after")),
            speak.amount(one["part"]),
        ]
        for one in records
    ]
    frame = pd.DataFrame(lines, columns=["", speak.then, speak.now, PART.in_(why.locale)])
    return str(frame.to_string(index=False))


def _heads(speak: Speaker) -> list[tuple[str, str]]:
    first = FACTOR.in_(speak.locale) if speak.told.kind == "factors" else speak.slice[:1].upper() + speak.slice[1:]
    words = (WEIGHT_BEFORE, WEIGHT_AFTER, MIX, RATE, PART, SHARE)
    ids = ("weight_before", "weight_after", "mix", "rate", "part", "share")
    return [
        ("member", first),
        ("before", speak.then),
        ("after", speak.now),
        *((name, one.in_(speak.locale)) for name, one in zip(ids, words, strict=True)),
    ]


def _rows(speak: Speaker) -> list[list[str]]:
    frame = speak.told.frame
    rows = [_row(speak, speak.name(one["member"]), one) for one in frame.head(MOST).to_dict("records")]
    rest = frame.iloc[MOST:]
    if len(rest):
        added: dict[Any, Any] = rest.drop(columns=["member", "before", "after", "p"]).sum(min_count=1).to_dict()
        rows.append(_row(speak, OTHERS.in_(speak.locale).format(count=len(rest)), {**added, "significant": False}))
    told = speak.told
    total = {"before": told.before, "after": told.after, "part": told.change, "share": 1.0 if told.change else math.nan}
    if told.kind == "ratio":
        total |= {"mix": frame["mix"].sum(), "rate": frame["rate"].sum()}
    return [*rows, _total(_row(speak, TOTAL.in_(speak.locale), total, whole=True))]


def _row(speak: Speaker, name: str, one: dict[Any, Any], *, whole: bool = False) -> list[str]:
    kind, member = speak.told.kind, "" if whole else str(one.get("member", ""))
    ends = [
        (speak.value(one.get(side)) if whole or not member else speak.member_value(member, one.get(side)))
        for side in ("before", "after")
    ]
    weights = [one.get(name) if kind == "ratio" else None for name in ("weight_before", "weight_after")]
    parts = [speak.amount(one.get(name)) for name in ("mix", "rate", "part")]
    share = fmt.number(one.get("share"))
    shared = fmt.value(share if abs(share) < 10 else None, "percent", speak.locale)
    cells = [*ends, *(fmt.value(weight, "percent", speak.locale) for weight in weights), *parts, shared]
    bold = f'<span class="name">{escape(name)}</span>' if one.get("significant") else escape(name)
    return [bold, *map(escape, cells)]


def _total(row: Sequence[str]) -> list[str]:
    return [f'<span class="name">{cell}</span>' if cell != fmt.DASH else cell for cell in row]
