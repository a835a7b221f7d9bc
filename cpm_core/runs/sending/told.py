"""What publishers are told of a run: read from its workbook, kept as plain data in the outbox, and read from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.periods import period_of
from cpm_core.model.run import Figure, Run
from cpm_core.model.text import Text
from cpm_core.params.schema import Params

if TYPE_CHECKING:
    from cpm_core.report.rows import Row
    from cpm_core.workbook import Workbook

_KEPT = ("workbook", "id", "degraded", "state", "report", "locale", "period", "summary", "problems")


def of_params(params: Params, report: str) -> Run:
    """What is known of a run before its data are read."""
    from cpm_core.report.format import period

    assert params.path is not None
    label = period_of(params.as_of, params.period, params.year_starts).label
    return Run(
        workbook=params.workbook,
        as_of=params.as_of,
        params=params.path,
        report=report,
        title=params.title,
        locale=params.locale,
        period=period(label, params.locale),
    )


def with_figures(run: Run, book: Workbook) -> Run:
    """A run with the figures of its workbook, and its title, period and language."""
    from cpm_core.report.headline import gaps, summary
    from cpm_core.report.rows import rows_of

    rows, facts = rows_of(book.scorecard()), book.facts()
    missing = gaps(rows, facts[facts["slice"] == ""])
    return replace(
        of_params(book.params, run.report),
        id=run.id,
        folder=run.folder,
        degraded=run.degraded,
        summary=summary(rows, len(missing), book.locale),
        figures=tuple(_figure(row, book.params) for row in rows),
    )


def _figure(row: Row, params: Params) -> Figure:
    from cpm_core.report import format as fmt

    locale, currency = params.locale, params.currency
    compared = row.measured and fmt.is_number(row.change)
    return Figure(
        kpi=row.kpi,
        title=row.title,
        unit=row.unit,
        value=row.shown(row.value, locale, currency) if row.measured else fmt.DASH,
        change=fmt.change(row.change, row.previous, row.unit, locale, currency) if compared else "",
        mood=row.mood(row.change) if compared else "flat",
        target=fmt.target(row.target_low, row.target_high, row.unit, locale, currency),
        status=row.status,
        signal=row.signal if row.signal_way else "",
        signal_basis=row.signal_basis if row.signal_way else "",
    )


def to_plain(run: Run, report: Path) -> dict[str, Any]:
    """A run as JSON holds it; its folder from the report's, since that may be moved."""
    return {
        **{name: getattr(run, name) for name in _KEPT},
        "as_of": run.as_of.isoformat(),
        "folder": run.folder.relative_to(report).as_posix() if run.folder else "",
        "title": asdict(run.title),
        "figures": [asdict(figure) for figure in run.figures],
    }


def from_plain(about: Mapping[str, Any], report: Path, params: Path) -> Run:
    """Read what `to_plain` made."""
    return Run(
        **{name: about[name] for name in _KEPT if name not in ("degraded", "problems")},
        degraded=tuple(about["degraded"]),
        problems=tuple(about["problems"]),
        as_of=date.fromisoformat(about["as_of"]),
        params=params,
        folder=report / about["folder"] if about["folder"] else None,
        title=Text(**about["title"]),
        figures=tuple(Figure(**figure) for figure in about["figures"]),
    )
