"""The report: its sections by name, each a piece that shows itself."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files

from cpm_core.model.errors import MeasureError
from cpm_core.model.names import nearest
from cpm_core.report import header, headline, provenance, quality, scorecard_table, slices, stages, tiers, trends
from cpm_core.report.fragment import Fragment
from cpm_core.report.inputs import ReportData


@cache
def css() -> str:
    """The styles of all sections, under the scope `.cpm`."""
    return files("cpm_core.report").joinpath("templates", "report.css").read_text(encoding="utf-8")


class Report:
    """What a reader sees of one workbook as of one day.

    Each method makes one section: HTML in JupyterLab and on the page, plain text elsewhere. The
    header brings the styles along, so that the sections below it are dressed in JupyterLab too.
    """

    def __init__(self, data: ReportData) -> None:
        self.data = data

    def of(self, *names: str) -> Report:
        """The same report of some KPIs alone: by id, or all of a chapter of the KPI book, such as `service`.

        Raises:
            MeasureError: A name is neither a shown KPI nor a chapter that has one; the nearest are named.
        """
        shown = {kpi.id: kpi for kpi in self.data.kpis}
        valid = [*shown, *dict.fromkeys(kpi.group for kpi in self.data.kpis)]
        for name in names:
            if name not in valid:
                fix = "Valid are: " + ", ".join(valid) + "."
                raise MeasureError(f"this report shows no {name!r}", nearest=nearest(name, valid), fix=fix)
        chosen = tuple(kpi for kpi in self.data.kpis if kpi.id in names or kpi.group in names)
        ids = [kpi.id for kpi in chosen]
        scorecard = self.data.scorecard[self.data.scorecard["kpi"].isin(ids)]
        return Report(replace(self.data, kpis=chosen, scorecard=scorecard))

    def styles(self) -> Fragment:
        """The styles alone, for a notebook that shows sections without the header."""
        return Fragment(f'<style class="cpm-styles">{css()}</style>', "")

    def header(self) -> Fragment:
        """Title, period, as-of day."""
        top = header.render(self.data)
        return Fragment(self.styles().html + top.html, top.text)

    def headline(self) -> Fragment:
        """What happened, in words."""
        return headline.render(self.data)

    def scorecard(self) -> Fragment:
        """Each KPI's figure, target, changes and history."""
        return scorecard_table.render(self.data)

    def trends(self) -> Fragment:
        """A chart for each KPI."""
        return trends.render(self.data)

    def tiers(self) -> Fragment:
        """Customers and revenue by tier."""
        return tiers.render(self.data)

    def plan(self) -> Fragment:
        """Who gets which action; nothing where the params plan nothing."""
        return self.data.plan.fragment() if self.data.plan is not None else Fragment("", "")

    def stages(self) -> Fragment:
        """Customers and revenue by stage of their life."""
        return stages.render(self.data)

    def slices(self) -> Fragment:
        """The figures by member, one table a slice."""
        return slices.render(self.data)

    def quality(self) -> Fragment:
        """Deliveries, rejects and freshness."""
        return quality.render(self.data)

    def provenance(self) -> Fragment:
        """Definitions, parameters, versions and fingerprints."""
        return provenance.render(self.data)
