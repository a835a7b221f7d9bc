"""Which customers a report is of, where the params restrict it, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cpm_core.model.text import LOCALES, Locale, Text
from cpm_core.report.slices import member_title, slice_title

HEAD = Text(en="only {what}", zh="仅限{what}")
NOTE = Text(
    en="This report is of a part of the delivery: {what}. Deliveries, refused rows and checks on data are told of the "
    "whole delivery; tiers, values and models are of these customers alone.",
    zh="本报告只涵盖部分数据：{what}。数据交付、拒收行与数据检查按整体交付统计；客户等级、价值与模型仅基于这些客户。",
)
OF_WHOLE = Text(
    en="These counts are of the whole delivery, not of {what} alone.", zh="以下行数为整体交付的统计，不只{what}。"
)
LEFT_OUT = Text(
    en="Left out, since they tell the whole alone and cannot be cut to these customers: {tables}.",
    zh="以下数据表只有整体数据，无法限定到这些客户，因此未采用：{tables}。",
)
_BETWEEN = {"en": (": ", ", ", "; "), "zh": ("：", "、", "；")}


def words(only: Mapping[str, Sequence[str]], locale: Locale) -> str:
    """`region: North, South; channel (orders): web`."""
    colon, comma, semicolon = _BETWEEN[locale]
    return semicolon.join(
        slice_title(name, locale) + colon + comma.join(member_title(name, one, locale) for one in members)
        for name, members in only.items()
    )


def notes(only: Mapping[str, Sequence[str]], left_out: Sequence[str], locale: Locale) -> list[str]:
    """Sentences for the footer; none where nothing is restricted."""
    if not only:
        return []
    found = [NOTE.in_(locale).format(what=words(only, locale))]
    if left_out:
        found.append(LEFT_OUT.in_(locale).format(tables=("、" if locale == "zh" else ", ").join(left_out)))
    return found


def record(only: Mapping[str, Sequence[str]], left_out: Sequence[str]) -> dict[str, object]:
    """What a run's record says of it, in both languages; empty where nothing is restricted."""
    if not only:
        return {}
    return {**{locale: words(only, locale) for locale in LOCALES}, "left_out": list(left_out)}
