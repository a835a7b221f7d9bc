"""The facts table: every figure with its parts, interval, completeness and provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cpm_core.measure import derived, fused, slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.complete import completeness
from cpm_core.measure.figures import FIGURE, figures, share_aside
from cpm_core.measure.fused import WHERE
from cpm_core.model.errors import Problem
from cpm_core.model.facts import FACT_COLUMNS
from cpm_core.model.measures import Derived, Distinct, Mean, Measure, Ratio, Total
from cpm_core.model.periods import Period
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.tables.derive import Catalog

MOST_FILLED = 100_000
"""Members without rows in a period get a figure of their own up to this many figures a KPI."""

_NOBODY = Text(en="nothing to divide by", zh="分母为零")
_NO_MEDIAN = Text(
    en="not reached: more than half wait longer than {limit:.1f} hours",
    zh="未达到中位数：半数以上等待超过 {limit:.1f} 小时",
)
_FEW = Text(en="only {n} rows", zh="仅 {n} 行数据")
_FAILED = Text(en="{kpi} of {provider} failed: {why}", zh="{provider} 提供的 {kpi} 计算失败：{why}")


@dataclass(frozen=True)
class Measured:
    """All facts of a workbook, and the KPIs that failed."""

    frame: pd.DataFrame
    failures: tuple[Problem, ...]
    pooled: Mapping[str, pd.DataFrame]
    """Per KPI, WHERE and what two-sample tests need beside the facts (row variance, design effect)."""


def measure(
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    periods: Sequence[Period],
    slice_names: Sequence[str],
    settings: Settings,
    locale: Locale,
    progress: Callable[[str], None] = lambda what: None,
) -> Measured:
    """Measure every compiled KPI in each period, in total and by each slice that it reaches."""
    found: dict[str, pd.DataFrame] = {}
    failures: dict[str, str] = {name: one.failure for name, one in compiled.items() if one.failure}
    for group in fused.groups(compiled, slice_names, catalog):
        progress(f"measuring {', '.join(group.kpis)}")
        query = fused.Query(group, catalog, periods, settings)
        for name, parts in _guarded(query, failures).items():
            found[name] = _filled(figures(group.kpis[name], parts, settings), group, name, periods)
    for name, one in compiled.items():
        if isinstance(one.measure, Derived) and not one.missing and not _broken(one, compiled, failures):
            same = slices.reached(one, compiled, slice_names, catalog)
            found[name] = derived.combine(one, found, periods, settings, same)
    frames = [
        _facts(one, found.get(name), _why_not(one, compiled, failures), catalog, periods, settings, locale)
        for name, one in compiled.items()
    ]
    whole = pd.concat(frames, ignore_index=True)
    problems = tuple(
        Problem(f"KPI {name!r} failed: {why}", compiled[name].provided.provider) for name, why in failures.items()
    )
    return Measured(whole, problems, found)


def _guarded(query: fused.Query, failures: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Run a group; if it fails, run its KPIs one by one, so that only the guilty are `failed`."""
    try:
        return query.run()
    except Exception:  # noqa: BLE001  # whatever an engine raises: the culprit is looked for one by one
        found: dict[str, pd.DataFrame] = {}
        for name, measure in query.group.kpis.items():
            try:
                found |= query.run({name: measure})
            except Exception as error:  # noqa: BLE001  # becomes the KPI's state, with its words
                failures[name] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        return found


def _filled(frame: pd.DataFrame, group: fused.Group, name: str, periods: Sequence[Period]) -> pd.DataFrame:
    """A figure in every period: where there are no rows a Total is 0 and a Ratio is undefined."""
    starts = pd.to_datetime([period.start for period in periods])
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    members = pd.concat([pd.DataFrame({"slice": [""], "member": [""]}), frame[["slice", "member"]]]).drop_duplicates()
    if len(members) * len(starts) > MOST_FILLED:
        members = members[members["slice"] == ""]
    grid = members.merge(pd.DataFrame({"period_start": starts}), how="cross")
    frame = grid.merge(frame, on=WHERE, how="outer")
    empty = frame["state"].isna()
    counts = isinstance(group.kpis[name], (Total, Distinct))
    frame.loc[empty, "state"] = "ok" if counts else "undefined"
    zeros = ["value", "numerator", "n"] if counts else ["numerator", "denominator", "n"]
    for column in zeros:
        frame.loc[empty, column] = 0.0
    return frame


def _broken(one: Compiled, compiled: Mapping[str, Compiled], failures: Mapping[str, str]) -> bool:
    return any(part in failures or _broken(compiled[part], compiled, failures) for part in one.parts)


def _why_not(one: Compiled, compiled: Mapping[str, Compiled], failures: Mapping[str, str]) -> tuple[str, Text] | None:
    """State and reason of a KPI that could not be measured at all."""
    name = one.kpi.id
    if name in failures:
        return "failed", _FAILED.format(kpi=one.kpi.title, provider=one.provided.provider, why=_literal(failures[name]))
    guilty = [part for part in one.parts if part in failures or _broken(compiled[part], compiled, failures)]
    if guilty:
        part = compiled[guilty[0]]
        return "blocked", Text(en="blocked, because {part} failed", zh="因 {part} 失败而无法计算").format(
            part=part.kpi.title
        )
    return ("no data", one.missing) if one.missing else None


def _literal(text: str) -> Text:
    return Text(en=text, zh=text)


def _facts(
    one: Compiled,
    frame: pd.DataFrame | None,
    why_not: tuple[str, Text] | None,
    catalog: Catalog,
    periods: Sequence[Period],
    settings: Settings,
    locale: Locale,
) -> pd.DataFrame:
    """The facts of one KPI with labels, completeness and reasons."""
    by_start = {pd.Timestamp(period.start): period for period in periods}
    if frame is None:
        frame = pd.DataFrame({"period_start": list(by_start), "slice": "", "member": ""})
        for column in FIGURE:
            frame[column] = np.nan
        frame["state"], words = why_not[0], why_not[1].in_(locale)  # type: ignore[index]  # no frame means a reason
        frame["reason"] = words
        complete = dict.fromkeys(by_start, (False, True, ""))
    else:
        frame = frame.copy()
        frame["reason"] = _both(_reasons(frame, locale), _asides(one.measure, frame, locale), locale)
        complete = _completeness(one, catalog, by_start, settings, locale)
    judged = [complete[start] for start in frame["period_start"]]
    frame["complete"] = [done for done, _, _ in judged]
    measurable = np.array([able for _, able, _ in judged], dtype=bool)
    frame.loc[~measurable, ["value", "low", "high"]] = np.nan
    frame.loc[~measurable, "state"] = "no data"
    late = np.array([words for _, _, words in judged], dtype=object)
    frame["reason"] = np.where(~measurable, late, _both(frame["reason"], late, locale))
    frame["kpi"], frame["provider"] = one.kpi.id, one.provided.provider
    frame["version"], frame["definition"] = one.provided.version, one.definition
    frame["period"] = [by_start[start].label for start in frame["period_start"]]
    frame["period_end"] = pd.to_datetime([by_start[start].end for start in frame["period_start"]])
    frame["as_of"] = pd.Timestamp(settings.as_of)
    frame["workbook"] = frame["run"] = ""
    frame = frame.sort_values(["slice", "member", "period_start"], ignore_index=True)
    return _typed(frame[list(FACT_COLUMNS)])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = ["value", "numerator", "denominator", "n", "low", "high"]
    return frame.astype({**dict.fromkeys(numbers, "float64"), "complete": bool})


def _both(first: Iterable[str], second: Iterable[str], locale: Locale) -> list[str]:
    between = "；" if locale == "zh" else "; "
    return [between.join(part for part in (a, b) if part) for a, b in zip(first, second, strict=True)]


def _reasons(frame: pd.DataFrame, locale: Locale) -> list[str]:
    def reason(state: str, n: float, limit: float) -> str:
        if state == "few":
            return _FEW.format(n=int(n)).in_(locale)
        if state == "undefined":
            return (_NOBODY if np.isnan(limit) else _NO_MEDIAN.format(limit=limit)).in_(locale)
        return ""

    columns = (frame["state"], frame["n"].fillna(0), frame["limit"].astype("float64"))
    return [reason(state, n, limit) for state, n, limit in zip(*columns, strict=True)]


def _asides(measure: Measure | None, frame: pd.DataFrame, locale: Locale) -> list[str]:
    """What each figure tells aside, in words; a sum of nothing is not told."""
    aside = measure.aside if isinstance(measure, (Ratio, Mean)) else None
    if aside is None:
        return [""] * len(frame)
    sums = frame["aside"].fillna(0.0)
    shares = sums * np.nan if aside.of is None else share_aside(frame)
    told = sums != 0 if aside.of is None else shares.notna()
    words = zip(told, sums, shares, strict=True)
    return [aside.words.in_(locale).format(value=f"{a:,.10g}", share=f"{b:.1%}") if yes else "" for yes, a, b in words]


def _completeness(
    one: Compiled,
    catalog: Catalog,
    by_start: Mapping[pd.Timestamp, Period],
    settings: Settings,
    locale: Locale,
) -> dict[pd.Timestamp, tuple[bool, bool, str]]:
    tables = [catalog.prepared.tables[name] for name in one.reads if name in catalog.prepared.tables]
    found = {}
    for start, period in by_start.items():
        judged = completeness(one.kpi, period, tables, settings)
        found[start] = (judged.reason is None, judged.measurable, judged.reason.in_(locale) if judged.reason else "")
    return found
