"""Fill the report's data from a workbook (which is handed in; this room does not know its class)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from cpm_core.customers.tier_summary import amount_of
from cpm_core.engine.versions import versions_of_record
from cpm_core.model.text import Locale, Text
from cpm_core.params.canonical import canonical_json
from cpm_core.report import only, plugins
from cpm_core.report.beside import besides
from cpm_core.report.inputs import QUALITY_COLUMNS, ReportData
from cpm_core.scorecard.targets import Targets
from cpm_core.tables.prepared import TableStats
from cpm_core.tables.rejects import CONFLICT, DUPLICATE, REASONS

_UNDATED = Text(
    en="As last delivered, not as of that day: {columns}.", zh="以下字段为最近一次交付的值，而非当日的值：{columns}。"
)
_MOVED = Text(
    en="{table}: {n} local times do not exist (clocks went forward) and were moved on by the gap.",
    zh="{table}：{n}个当地时间并不存在（夏令时拨快），已顺延。",
)
_REPEATED = Text(
    en="{table}: {n} local times came twice (clocks went back) and were read as standard time.",
    zh="{table}：{n}个当地时间出现两次（夏令时拨慢），按标准时间处理。",
)
_UNMEASURED = Text(en="Not measured, as {reason}: {kpis}.", zh="以下指标未计算，因为{reason}：{kpis}。")


def report_data(book: Any) -> ReportData:
    """Everything that a reader is shown."""
    params, locale = book.params, book.locale
    customers, facts = book.customers(), book.facts()
    return ReportData(
        workbook=book.name,
        title=book.title,
        locale=locale,
        currency=params.currency,
        settings=book.settings,
        period=book.period,
        kpis=book.kpis,
        beside=besides(book.kpis, book.compiled),
        facts=facts,
        scorecard=book.scorecard(),
        quality=quality(_in_order(book)),
        rejects=reject_counts(book),
        targets=_targets(book).judged(facts),
        **_tiers(book, customers),
        stages=book.stages() if "stage" in customers else None,
        customers=customers,
        plan=book.plan() if params.plan is not None else None,
        slices=tuple(params.slices),
        only=params.only,
        events=tuple((event.date, event.text) for event in params.events),
        notes=tuple(notes(book, locale)),
        provenance=book.provenance(),
    )


def _tiers(book: Any, customers: pd.DataFrame) -> dict[str, Any]:
    """What the report tells of tiers, by its name there."""
    if "tier" not in customers:
        return {"tiers_lack": book.tiers_lack}
    moves = book.tier_moves()
    amount = amount_of(moves.told, customers)
    return {"tiers": book.tiers(), "tier_amount": amount and amount[1], "tier_moves": moves}


def _targets(book: Any) -> Targets:
    return Targets(book.params.targets, book.compiled, book.settings)


def _in_order(book: Any) -> list[TableStats]:
    """The delivered tables in the order of the vocabulary."""
    delivered = book.prepare().tables
    return [delivered[name] for name in book.registry.tables if name in delivered]


def quality(tables: Any) -> pd.DataFrame:
    """One row a base table: what became of its rows, and how far it reaches."""
    return pd.DataFrame([_quality(stats) for stats in tables], columns=list(QUALITY_COLUMNS))


def _quality(stats: TableStats) -> dict[str, object]:
    repeats = sum(stats.rejected.get(reason, 0) for reason in (DUPLICATE, CONFLICT))
    return {
        "table": stats.table,
        "source": ", ".join(stats.sources),
        "delivered": stats.delivered,
        "kept": stats.kept,
        "rejected": sum(stats.rejected.values()) - repeats,
        "duplicates": repeats,
        "not_yet": stats.not_yet,
        "before_since": stats.before_since,
        "first_day": stats.first_day,
        "last_day": stats.last_day,
        "loaded_until": stats.loaded_until,
    }


def reject_counts(book: Any) -> pd.DataFrame:
    """Refused rows by table, source and reason, with the reason in words."""
    titles = dict(REASONS)
    for provided in book.registry.sources.values():
        titles |= {reject.id: reject.title for reject in provided.item.reasons}
    for provided in book.registry.tables.values():
        titles |= {rule.id: rule.title for rule in provided.item.rules}
    counts: pd.DataFrame = book.rejects().groupby(["table", "source", "reason"], as_index=False).size()
    counts = counts.rename(columns={"size": "rows"}).sort_values(["table", "rows"], ascending=[True, False])
    counts["title"] = [titles[reason].in_(book.locale) if reason in titles else reason for reason in counts["reason"]]
    return counts[["table", "source", "reason", "title", "rows"]].reset_index(drop=True)


def notes(book: Any, locale: Locale) -> list[str]:
    """Sentences that the footer owes its reader."""
    found = only.notes(book.params.only, book.left_out, locale)
    found += [*book.warnings(), *(idle.in_(locale) for idle in _targets(book).idle(book.facts()))]
    tables = book.prepare().tables.values()
    between = "、" if locale == "zh" else ", "
    undated = [f"{stats.table}.{column}" for stats in tables for column in stats.undated]
    if undated:
        found.append(_UNDATED.format(columns=between.join(undated)).in_(locale))
    for stats in tables:
        if stats.moved:
            found.append(_MOVED.format(table=stats.table, n=stats.moved).in_(locale))
        if stats.repeated:
            found.append(_REPEATED.format(table=stats.table, n=stats.repeated).in_(locale))
    found += _unmeasured(book, locale)
    return found


def _unmeasured(book: Any, locale: Locale) -> list[str]:
    """The KPIs that these data do not allow, by what is lacking; none are missed that are for other workbooks."""
    if book.params.kpis:
        return []
    lacking: dict[Text, list[str]] = {}
    elsewhere = _for_others(book)
    for one in book.compiled.values():
        if one.missing and not one.kpi.hidden and one.provided.provider not in elsewhere:
            lacking.setdefault(one.missing, []).append(one.kpi.title.in_(locale))
    between = "、" if locale == "zh" else ", "
    return [_UNMEASURED.format(reason=reason, kpis=between.join(kpis)).in_(locale) for reason, kpis in lacking.items()]


def _for_others(book: Any) -> set[str]:
    """Plugins that bring tables or attributes of their own, and none of whose KPIs can be measured on these data."""
    kpis = [one.provided for one in book.compiled.values()]
    bring = {one.provider for one in (*book.registry.tables.values(), *kpis) if getattr(one.item, "columns", None)}
    return bring - {one.provided.provider for one in book.compiled.values() if not one.missing}


def provenance(book: Any) -> dict[str, Any]:
    """Parameters, plugins, sources and versions, as plain data."""
    files = sorted(book.fingerprints.items())
    params = book.params
    return {
        **({"only": only.record(params.only, book.left_out)} if params.only else {}),
        "parameters": json.loads(canonical_json(params)),
        **plugins.record(book.registry, book.params.home),
        "failed": book.failed(),
        "sources": [{"file": _near(file, book.params.home), "sha256": digest} for file, digest in files],
        "versions": versions_of_record(),
        "identity": book.identity(),
    }


def _near(file: str, home: Path) -> str:
    """A file's name from the folder that holds `params/`, if it is in there."""
    path, home = Path(file), home.resolve()
    return str(path.relative_to(home)) if path.is_relative_to(home) else file
