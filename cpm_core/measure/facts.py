"""The facts table: every figure with its parts, interval, completeness and provider."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import Answer, Failure
from cpm_core.measure import derived, frames, fused, reasons, slices
from cpm_core.measure.cells import Column, of_frame
from cpm_core.measure.compile import Compiled
from cpm_core.measure.complete import Completeness, completeness
from cpm_core.measure.figures import figures
from cpm_core.measure.filled import Filling, is_labelled
from cpm_core.measure.reasons import Words
from cpm_core.measure.shape import refs
from cpm_core.model.facts import FACT_COLUMNS
from cpm_core.model.measures import Derived
from cpm_core.model.periods import Period, year_before
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.tables.derive import Catalog
from cpm_core.tables.failures import Broken
from cpm_core.tables.prepared import TableStats

_NUMBERS = ("value", "numerator", "denominator", "n", "low", "high")
_BASE = Text(en="{period}, the base, is not complete: {reason}", zh="作为基数的 {period} 周期不完整：{reason}")
_UNMEASURED = Text(en="{period}, the base, was not measured", zh="作为基数的 {period} 周期未计算")
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
        filling = Filling(group, periods, catalog)
        for name, answer in answers.items():
            if answer.failure is not None:
                failures[name] = answer.failure
            else:
                parts = of_frame(answer.value) if group.in_pandas else answer.value
                found[name] = filling.frame(name, figures(group.kpis[name], parts, settings))
    for name, one in compiled.items():
        if isinstance(one.measure, Derived) and not one.missing and not _broken(one, compiled, failures):
            same = slices.reached(one, compiled, slice_names, catalog)
            whole = derived.combine(one, found, periods, settings, same)
            held = [each for each in same if slices.is_label(each, one, compiled, catalog)]
            back = any(ref.year_back for ref in refs(one.measure))
            starts, members_of = whole["period_start"].to_numpy(), whole["slice"].to_numpy(dtype=object)
            found[name] = whole[is_labelled(starts, members_of, held, catalog, back)] if held else whole
    made = [
        _facts(one, found.get(name), _why_not(one, compiled, failures), compiled, catalog, periods, settings, locale)
        for name, one in compiled.items()
    ]
    whole = _whole(made, list(compiled.values()), periods, settings)
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
) -> dict[str, Column]:
    """What differs within the facts of one KPI, with completeness and reasons; `nth` is the number of the period."""
    if frame is None:
        assert why_not is not None, "no frame means a reason"
        return _nothing(why_not[0], why_not[1].in_(locale), len(periods))
    # What is told of a period is looked up once a period: there may be a million figures.
    starts = np.array([period.start for period in periods], dtype="datetime64[s]")
    nth = np.searchsorted(starts, frame["period_start"].to_numpy().astype("datetime64[s]"))
    complete = _completeness(one, compiled, catalog, periods, settings, locale)
    done, able, late = (np.array(told, dtype=object)[nth] for told in zip(*complete, strict=True))
    measurable = able.astype(bool)
    numbers = {name: frame[name].to_numpy(dtype="float64", na_value=np.nan) for name in _NUMBERS}
    numbers |= {name: np.where(measurable, numbers[name], np.nan) for name in ("value", "low", "high")}
    reason = reasons.told(one, frame, compiled, locale)
    return {
        **numbers,
        **{name: frame[name].to_numpy(dtype=object) for name in ("slice", "member")},
        "state": np.where(measurable, frame["state"].to_numpy(dtype=object), "no data"),
        "reason": np.where(measurable, reasons.both(reason, late, locale), late),
        "complete": done.astype(bool),
        "nth": nth,
    }


def _nothing(state: str, reason: str, count: int) -> dict[str, Column]:
    """The facts of a KPI without figures: the total of every period."""
    words = {"slice": "", "member": "", "state": state, "reason": reason}
    return {
        **dict.fromkeys(_NUMBERS, np.full(count, np.nan)),
        **{name: np.full(count, text, dtype=object) for name, text in words.items()},
        "complete": np.full(count, False),
        "nth": np.arange(count),
    }


def _whole(
    made: Sequence[Mapping[str, Column]], kpis: Sequence[Compiled], periods: Sequence[Period], settings: Settings
) -> pd.DataFrame:
    """The facts of KPIs one under the other, those of each by slice, member and period."""
    varied = {name: np.concatenate([one[name] for one in made]) for name in made[0]}
    kpi = np.repeat(np.arange(len(made)), [len(one["nth"]) for one in made])
    order = np.lexsort(
        (varied["nth"], *(pd.factorize(varied[name], sort=True)[0] for name in ("member", "slice")), kpi)
    )
    columns: dict[str, Any] = {name: column[order] for name, column in varied.items()}
    nth, kpi = columns.pop("nth"), kpi[order]
    columns |= {
        "kpi": _words(one.kpi.id for one in kpis)[kpi],
        "provider": _words(one.provided.provider for one in kpis)[kpi],
        "version": _words(one.provided.version for one in kpis)[kpi],
        "definition": _words(one.definition for one in kpis)[kpi],
        "period": _words(period.label for period in periods)[nth],
        "period_start": pd.to_datetime([period.start for period in periods])[nth],
        "period_end": pd.to_datetime([period.end for period in periods])[nth],
        "as_of": pd.Timestamp(settings.as_of),
        "workbook": "",
        "run": "",
    }
    return pd.DataFrame({name: columns[name] for name in FACT_COLUMNS})


def _words(each: Iterable[str]) -> Words:
    return np.array(list(each), dtype=object)


def _completeness(
    one: Compiled,
    compiled: Mapping[str, Compiled],
    catalog: Catalog,
    periods: Sequence[Period],
    settings: Settings,
    locale: Locale,
) -> list[tuple[bool, bool, str]]:
    """Of each period, whether it is complete, whether it can be measured, and why not."""
    starts = {period.start for period in periods}
    judged = (_judged(one, compiled, period, catalog, starts, settings) for period in periods)
    return [(it.reason is None, it.measurable, it.reason.in_(locale) if it.reason else "") for it in judged]


def _judged(
    one: Compiled,
    compiled: Mapping[str, Compiled],
    period: Period,
    catalog: Catalog,
    starts: Collection[date],
    settings: Settings,
) -> Completeness:
    """Whether a period is complete for a KPI, and for those that it derives from: their look-back is its own too."""
    judged = completeness(one.kpi, period, _tables(one, catalog), settings)
    for ref in sorted(refs(one.measure), key=repr):
        part = compiled[ref.id]
        if ref.year_back:
            judged = _on_the_year(judged, part, period, catalog, starts, settings)
        elif judged.measurable:
            of_part = _judged(part, compiled, period, catalog, starts, settings)
            judged = of_part if judged.reason is None or not of_part.measurable else judged
    return judged


def _tables(one: Compiled, catalog: Catalog) -> list[TableStats]:
    return [catalog.prepared.tables[name] for name in one.reads if name in catalog.prepared.tables]


def _on_the_year(
    now: Completeness,
    part: Compiled,
    period: Period,
    catalog: Catalog,
    starts: Collection[date],
    settings: Settings,
) -> Completeness:
    """A figure on the year before is none unless both periods are complete."""
    if now.reason is not None:
        return replace(now, measurable=False)
    base = year_before(period, settings.period, settings.year_starts)
    then = completeness(part.kpi, base, _tables(part, catalog), settings)
    if then.reason is None and base.start not in starts:
        return Completeness(_UNMEASURED.format(period=base.label), measurable=False)
    if then.reason is None:
        return now
    return Completeness(_BASE.format(period=base.label, reason=then.reason), measurable=False)
