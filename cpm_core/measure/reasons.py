"""Why a figure is none or rests on few rows, and what it tells aside, in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cpm_core.measure.compile import Compiled
from cpm_core.measure.figures import share_aside
from cpm_core.model.measures import Mean, Measure, Ratio, Total
from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import pandas as pd

Words: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]
"""One text a figure."""

_NOBODY = Text(en="nothing to divide by", zh="分母为零")
_NOTHING = Text(en="its function gives no figure", zh="其函数没有给出数值")
_NO_MEDIAN = Text(
    en="not reached: more than half wait longer than {limit:.1f} hours",
    zh="未达到中位数：半数以上等待超过 {limit:.1f} 小时",
)
_FEW = Text(en="only {n} rows", zh="仅 {n} 行数据")
_WITHOUT = Text(en="table {table} is not delivered and counts as nothing", zh="没有提供数据表 {table}，按零计入")
_NO_PART = Text(en="{part} has no data", zh="{part} 没有数据")
IN_PANDAS = Text(en="computed in pandas", zh="由 pandas 计算")


def told(one: Compiled, frame: pd.DataFrame, compiled: Mapping[str, Compiled], locale: Locale) -> Words:
    """All that is told of each figure."""
    return both(_reasons(one, frame, compiled, locale), _beside(one, frame, compiled, locale), locale)


def both(first: Words, second: Words, locale: Locale) -> Words:
    """Two texts a figure, either of which may be empty, as one."""
    between = "；" if locale == "zh" else "; "
    found = np.where(first == "", second, first)
    rows = np.flatnonzero((first != "") & (second != ""))
    if len(rows):
        found[rows] = first[rows] + between + second[rows]
    return found


def _reasons(one: Compiled, frame: pd.DataFrame, compiled: Mapping[str, Compiled], locale: Locale) -> Words:
    @cache  # of a million figures many have the same reason
    def reason(state: str, n: float, limit: float | None, lacking: str) -> str:
        if lacking:
            return _NO_PART.format(part=compiled[lacking].kpi.title).in_(locale)
        if state == "few":
            return _FEW.format(n=int(n)).in_(locale)
        if state == "undefined":
            return (_NOTHING if one.in_pandas else _NOBODY if limit is None else _NO_MEDIAN.format(limit=limit)).in_(
                locale
            )
        return ""

    state = frame["state"].to_numpy(dtype=object)
    lacking = frame["lacking"].to_numpy(dtype=object) if "lacking" in frame else _all("", len(frame))
    rows = np.flatnonzero((state == "few") | (state == "undefined") | (lacking != ""))
    found = _all("", len(frame))
    if len(rows):
        limits = (None if np.isnan(limit) else limit for limit in frame["limit"].to_numpy()[rows].tolist())
        columns = (state[rows], np.nan_to_num(frame["n"].to_numpy()[rows]).tolist(), limits, lacking[rows])
        found[rows] = [reason(*cells) for cells in zip(*columns, strict=True)]
    return found


def _beside(one: Compiled, frame: pd.DataFrame, compiled: Mapping[str, Compiled], locale: Locale) -> Words:
    """What each figure and its parts tell aside, and what was not delivered for it."""
    found = _all(IN_PANDAS.in_(locale), len(frame)) if one.in_pandas else _asides(one.measure, frame, "", locale)
    for part in one.parts:
        found = both(found, _asides(compiled[part].measure, frame, f"@{part}", locale), locale)
    for table in one.without:
        found = both(found, _all(_WITHOUT.format(table=table).in_(locale), len(frame)), locale)
    return found


def _all(text: str, count: int) -> Words:
    return np.full(count, text, dtype=object)


def _asides(measure: Measure | None, frame: pd.DataFrame, of: str, locale: Locale) -> Words:
    """What each figure tells aside, or its part whose columns end in ``of``; a sum of nothing is not told."""
    aside = measure.aside if isinstance(measure, (Total, Ratio, Mean)) else None
    found = _all("", len(frame))
    if aside is None or f"aside{of}" not in frame:
        return found
    sums, wholes = (frame[f"{name}{of}"].to_numpy(dtype="float64") for name in ("aside", "aside_of"))
    sums = np.nan_to_num(sums)
    shares = np.full(len(sums), np.nan) if aside.of is None else share_aside(sums, wholes)
    rows = np.flatnonzero(sums != 0 if aside.of is None else ~np.isnan(shares))
    words = aside.words.in_(locale)
    found[rows] = [
        words.format(value=f"{a:,.{0 if a.is_integer() else 2}f}", share=f"{b:.1%}")
        for a, b in zip(sums[rows].tolist(), shares[rows].tolist(), strict=True)
    ]
    return found
