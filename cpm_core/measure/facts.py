"""The facts table: every figure with its parts, interval, completeness and provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import Answer, Failure
from cpm_core.measure import derived, frames, fused, labels, slices
from cpm_core.measure.compile import Compiled
from cpm_core.measure.complete import Completeness, completeness
from cpm_core.measure.figures import ASIDE, FIGURE, figures, share_aside
from cpm_core.measure.fused import WHERE
from cpm_core.measure.shape import refs
from cpm_core.model.facts import FACT_COLUMNS
from cpm_core.model.measures import Derived, Distinct, Mean, Measure, Ratio, Total
from cpm_core.model.periods import Period, year_before
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.tables.derive import Catalog
from cpm_core.tables.failures import Broken
from cpm_core.tables.prepared import TableStats

Words: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]
"""One text a figure."""
_NUMBERS = ("value", "numerator", "denominator", "n", "low", "high")
MOST_FILLED = 100_000
"""Members without rows in a period get a figure of their own up to this many figures a KPI."""

_NOBODY = Text(en="nothing to divide by", zh="分母为零")
_NOTHING = Text(en="its function gives no figure", zh="其函数没有给出数值")
_NO_MEDIAN = Text(
    en="not reached: more than half wait longer than {limit:.1f} hours",
    zh="未达到中位数：半数以上等待超过 {limit:.1f} 小时",
)
_FEW = Text(en="only {n} rows", zh="仅 {n} 行数据")
_BASE = Text(en="{period}, the base, is not complete: {reason}", zh="作为基数的 {period} 周期不完整：{reason}")
_UNMEASURED = Text(en="{period}, the base, was not measured", zh="作为基数的 {period} 周期未计算")
_WITHOUT = Text(en="table {table} is not delivered and counts as nothing", zh="没有提供数据表 {table}，按零计入")
_NO_PART = Text(en="{part} has no data", zh="{part} 没有数据")
IN_PANDAS = Text(en="computed in pandas", zh="由 pandas 计算")
_FAILED = Text(en="{kpi} of {provider} failed: {why}", zh="{provider} 提供的 {kpi} 计算失败：{why}")
_BLOCKED = Text(en="blocked, because {part} failed", zh="因 {part} 失败而无法计算")


@dataclass(frozen=True)
class Measured:
    """All facts of a workbook, and the KPIs that failed."""

    frame: pd.DataFrame
    failures: tuple[Broken, ...]
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
    failures = {name: one.failed for name, one in compiled.items() if one.failed is not None}
    for group in fused.groups(compiled, slice_names, catalog):
        progress(f"measuring {', '.join(group.kpis)}")
        if group.in_pandas:
            answers = frames.FrameQuery(group, catalog, periods, settings).run()
        else:
            answers = _guarded(fused.Query(group, catalog, periods, settings), compiled)
        for name, answer in answers.items():
            if answer.failure is not None:
                failures[name] = answer.failure
            else:
                parts = figures(group.kpis[name], answer.value, settings)
                found[name] = _filled(parts, group, name, periods, catalog)
    for name, one in compiled.items():
        if isinstance(one.measure, Derived) and not one.missing and not _broken(one, compiled, failures):
            same = slices.reached(one, compiled, slice_names, catalog)
            whole = derived.combine(one, found, periods, settings, same)
            held = [each for each in same if slices.is_label(each, one, compiled, catalog)]
            back = any(ref.year_back for ref in refs(one.measure))
            found[name] = _labelled(whole, held, catalog, year_back=back)
    made = [
        _facts(one, found.get(name), _why_not(one, compiled, failures), compiled, catalog, periods, settings, locale)
        for name, one in compiled.items()
    ]
    whole = _in_order(made)
    failed = (Broken("KPI", name, compiled[name].provided.provider, how) for name, how in failures.items())
    return Measured(whole, tuple(failed), found)


def _guarded(query: fused.Query, compiled: Mapping[str, Compiled]) -> dict[str, Answer]:
    """Run a group; if it fails, or passes its limit, run its KPIs one by one, so that only the guilty are `failed`."""
    engine, limit = query.catalog.engine, query.catalog.limits.query
    try:
        with engine.limited(limit):
            return {name: Answer(parts) for name, parts in query.run().items()}
    except Exception as error:  # noqa: BLE001  # whatever an engine raises: the culprit is looked for one by one
        if len(query.group.kpis) == 1:
            return {name: _failed(compiled[name], error) for name in query.group.kpis}
    found: dict[str, Answer] = {}
    for name, measure in query.group.kpis.items():
        try:
            with engine.limited(limit):
                found[name] = Answer(query.run({name: measure})[name])
        except Exception as error:  # noqa: BLE001  # becomes the KPI's state, with its words
            found[name] = _failed(compiled[name], error)
    return found


def _failed(one: Compiled, error: Exception) -> Answer:
    return Answer(failure=failure_of(error, one.provided.where))


def _filled(
    frame: pd.DataFrame, group: fused.Group, name: str, periods: Sequence[Period], catalog: Catalog
) -> pd.DataFrame:
    """A figure in every period: where there are no rows a Total is 0 and a Ratio is undefined."""
    starts = pd.to_datetime([period.start for period in periods])
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    members = pd.concat([pd.DataFrame({"slice": [""], "member": [""]}), frame[["slice", "member"]]]).drop_duplicates()
    if len(members) * len(starts) > MOST_FILLED:
        members = members[members["slice"] == ""]
    grid = members.merge(pd.DataFrame({"period_start": starts}), how="cross")
    grid = _labelled(grid, [one.name for one in group.slices if one.is_label], catalog)
    frame = grid.merge(frame, on=WHERE, how="outer")
    empty = frame["state"].isna()
    counts = isinstance(group.kpis[name], (Total, Distinct))
    frame.loc[empty, "state"] = "ok" if counts else "undefined"
    zeros = ["value", "numerator", "n"] if counts else ["numerator", "denominator", "n"]
    zeros = ["n"] if group.in_pandas else zeros
    for column in zeros:
        frame.loc[empty, column] = 0.0
    return frame


def _labelled(frame: pd.DataFrame, held: Sequence[str], catalog: Catalog, *, year_back: bool = False) -> pd.DataFrame:
    """Without the rows of labels (the slices ``held``) in periods, or whose year before, is not labelled."""
    if not held:
        return frame
    settings, known = catalog.settings, labels.periods(catalog)
    found = {one for one in known if not year_back or year_before(one, settings.period, settings.year_starts) in known}
    starts = pd.to_datetime([one.start for one in found])
    return frame[~frame["slice"].isin(held) | frame["period_start"].isin(starts)]


def _broken(one: Compiled, compiled: Mapping[str, Compiled], failures: Mapping[str, Failure]) -> bool:
    if one.missing:
        return False  # it is `no data`, and its parts may not even be there
    if one.blocked:
        return True
    return any(part in failures or _broken(compiled[part], compiled, failures) for part in one.parts)


def _why_not(
    one: Compiled, compiled: Mapping[str, Compiled], failures: Mapping[str, Failure]
) -> tuple[str, Text] | None:
    """State and reason of a KPI that could not be measured at all."""
    name = one.kpi.id
    if one.lacks:
        return "failed", one.lacks
    if name in failures:
        return "failed", _FAILED.format(kpi=one.kpi.title, provider=one.provided.provider, why=failures[name].told)
    if one.blocked:
        return "blocked", one.blocked
    if _broken(one, compiled, failures):
        guilty = [part for part in one.parts if part in failures or _broken(compiled[part], compiled, failures)]
        return "blocked", _BLOCKED.format(part=compiled[guilty[0]].kpi.title)
    return ("no data", one.missing) if one.missing else None


def _facts(
    one: Compiled,
    frame: pd.DataFrame | None,
    why_not: tuple[str, Text] | None,
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    periods: Sequence[Period],
    settings: Settings,
    locale: Locale,
) -> pd.DataFrame:
    """The facts of one KPI with labels, completeness and reasons."""
    by_start = {pd.Timestamp(period.start): period for period in periods}
    if frame is None:
        assert why_not is not None, "no frame means a reason"
        frame = pd.DataFrame(
            {"period_start": list(by_start), **dict.fromkeys(FIGURE, np.nan), "slice": "", "member": ""}
        )
        state, reason = (np.full(len(frame), words, dtype=object) for words in (why_not[0], why_not[1].in_(locale)))
        complete = dict.fromkeys(by_start, (False, True, ""))
    else:
        state = frame["state"].to_numpy(dtype=object)
        reason = _both(_reasons(one, frame, compiled, locale), _told(one, frame, compiled, locale), locale)
        complete = _completeness(one, compiled, catalog, by_start, settings, locale)
    # What is told of a period is looked up once a period: there may be a million figures.
    nth = pd.Index(list(by_start)).get_indexer(pd.Index(frame["period_start"]))
    done, able, late = (np.array(told, dtype=object)[nth] for told in zip(*complete.values(), strict=True))
    measurable = able.astype(bool)
    numbers = {name: frame[name].to_numpy(dtype="float64", na_value=np.nan) for name in _NUMBERS}
    numbers |= {name: np.where(measurable, numbers[name], np.nan) for name in ("value", "low", "high")}
    # Column by column: a frame that is added to is slow, and there is one a KPI.
    columns = {
        **{name: frame[name] for name in WHERE},
        **numbers,
        "state": np.where(measurable, state, "no data"),
        "reason": np.where(measurable, _both(reason, late, locale), late),
        "complete": done.astype(bool),
        "kpi": one.kpi.id,
        "provider": one.provided.provider,
        "version": one.provided.version,
        "definition": one.definition,
        "period": np.array([period.label for period in by_start.values()], dtype=object)[nth],
        "period_end": pd.to_datetime([period.end for period in by_start.values()])[nth],
        "as_of": pd.Timestamp(settings.as_of),
        "workbook": "",
        "run": "",
    }
    return pd.DataFrame({name: columns[name] for name in FACT_COLUMNS}, index=frame.index)


def _in_order(made: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The facts of KPIs one under the other, those of each by slice, member and period."""
    whole = pd.concat(made, ignore_index=True)
    kpi = np.repeat(np.arange(len(made)), [len(frame) for frame in made])
    by = [
        whole["period_start"].to_numpy(),
        *(pd.factorize(whole[name], sort=True)[0] for name in ("member", "slice")),
        kpi,
    ]
    return whole.take(np.lexsort(by)).reset_index(drop=True)


def _both(first: Iterable[str], second: Iterable[str], locale: Locale) -> Words:
    between = "；" if locale == "zh" else "; "
    a, b = np.array(list(first), dtype=object), np.array(list(second), dtype=object)
    found = np.where(a == "", b, a)
    both = (a != "") & (b != "")
    found[both] = a[both] + between + b[both]
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

    lacking = frame["lacking"] if "lacking" in frame else pd.Series("", index=frame.index)
    rows = frame["state"].isin(["few", "undefined"]) | (lacking != "")
    some = frame[rows]
    limits = (None if np.isnan(limit) else limit for limit in some["limit"].astype("float64"))
    columns = (some["state"], some["n"].fillna(0), limits, lacking[rows])
    found = np.full(len(frame), "", dtype=object)
    found[rows.to_numpy()] = [reason(*cells) for cells in zip(*columns, strict=True)]
    return found


def _told(one: Compiled, frame: pd.DataFrame, compiled: Mapping[str, Compiled], locale: Locale) -> Words:
    """What each figure and its parts tell aside, and what was not delivered for it, in words."""
    of_all = np.full(len(frame), IN_PANDAS.in_(locale), dtype=object)
    told = of_all if one.in_pandas else _asides(one.measure, frame, locale)
    for part in one.parts:
        of_part = frame.rename(columns={f"{column}@{part}": column for column in ASIDE})
        told = _both(told, _asides(compiled[part].measure, of_part, locale), locale)
    for table in one.without:
        told = _both(told, [_WITHOUT.format(table=table).in_(locale)] * len(frame), locale)
    return told


def _asides(measure: Measure | None, frame: pd.DataFrame, locale: Locale) -> Words:
    """What each figure tells aside, in words; a sum of nothing is not told."""
    aside = measure.aside if isinstance(measure, (Total, Ratio, Mean)) else None
    if aside is None or "aside" not in frame:
        return np.full(len(frame), "", dtype=object)
    sums = frame["aside"].fillna(0.0)
    shares = sums * np.nan if aside.of is None else share_aside(frame)
    told = sums != 0 if aside.of is None else shares.notna()
    found, words = np.full(len(frame), "", dtype=object), aside.words.in_(locale)
    told_of = zip(sums[told], shares[told], strict=True)
    found[told.to_numpy()] = [
        words.format(value=f"{a:,.{0 if a.is_integer() else 2}f}", share=f"{b:.1%}") for a, b in told_of
    ]
    return found


def _completeness(
    one: Compiled,
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    by_start: Mapping[pd.Timestamp, Period],
    settings: Settings,
    locale: Locale,
) -> dict[pd.Timestamp, tuple[bool, bool, str]]:
    found = {}
    for start, period in by_start.items():
        judged = _judged(one, compiled, period, catalog, by_start, settings)
        found[start] = (judged.reason is None, judged.measurable, judged.reason.in_(locale) if judged.reason else "")
    return found


def _judged(
    one: Compiled,
    compiled: Mapping[str, Compiled],
    period: Period,
    catalog: Catalog,
    by_start: Mapping[pd.Timestamp, Period],
    settings: Settings,
) -> Completeness:
    """Whether a period is complete for a KPI, and for those that it derives from: their look-back is its own too."""
    judged = completeness(one.kpi, period, _tables(one, catalog), settings)
    for ref in sorted(refs(one.measure), key=repr):
        part = compiled[ref.id]
        if ref.year_back:
            judged = _on_the_year(judged, part, period, catalog, by_start, settings)
        elif judged.measurable:
            of_part = _judged(part, compiled, period, catalog, by_start, settings)
            judged = of_part if judged.reason is None or not of_part.measurable else judged
    return judged


def _tables(one: Compiled, catalog: Catalog) -> list[TableStats]:
    return [catalog.prepared.tables[name] for name in one.reads if name in catalog.prepared.tables]


def _on_the_year(
    now: Completeness,
    part: Compiled,
    period: Period,
    catalog: Catalog,
    by_start: Mapping[pd.Timestamp, Period],
    settings: Settings,
) -> Completeness:
    """A figure on the year before is none unless both periods are complete."""
    if now.reason is not None:
        return replace(now, measurable=False)
    base = year_before(period, settings.period, settings.year_starts)
    then = completeness(part.kpi, base, _tables(part, catalog), settings)
    if then.reason is None and pd.Timestamp(base.start) not in by_start:
        return Completeness(_UNMEASURED.format(period=base.label), measurable=False)
    if then.reason is None:
        return now
    return Completeness(_BASE.format(period=base.label, reason=then.reason), measurable=False)
