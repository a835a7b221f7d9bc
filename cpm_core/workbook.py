"""The one object that analysts hold: a params file, opened."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.data import IDENTITY, WORK, Data, read
from cpm_core.hooks.agreement import check_names
from cpm_core.hooks.registry import Registry
from cpm_core.model import folders
from cpm_core.model.errors import MeasureError, PluginError, Problem, UsageError
from cpm_core.model.kpi import Kpi
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period, parse_label, period_of
from cpm_core.model.text import Text
from cpm_core.params.load import load
from cpm_core.params.overrides import Override
from cpm_core.params.schema import Params
from cpm_core.params.strictness import is_strict
from cpm_core.people import People

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.measure.compile import Compiled
    from cpm_core.measure.facts import Measured
    from cpm_core.report.inputs import ReportData
    from cpm_core.report.kpi_view import KpiView
    from cpm_core.report.reloaded import Reloaded
    from cpm_core.report.report import Report
    from cpm_core.report.waits import Waits
    from cpm_core.report.why_view import By, Why

RUN = "CPM_RUN"
"""Environment variable: the run that this kernel works for."""


def open(
    params: str | Path,
    *,
    overrides: Sequence[Override] = (),
    work: Path | None = None,
    shared: Path | None = None,
    progress: Callable[[str], None] | None = None,
    **keywords: Any,
) -> Workbook:
    """Open a params file.

    Args:
        params: A path, or a bare name in `params/`; looked for from the working folder upwards.
        overrides: Values that win over the file's.
        work: Folder for tables and measured frames; left out: a temporary one that goes with the workbook.
        shared: Folder in which workbooks with equal sources and as-of day find each other's prepared tables.
        progress: Told what is being done.
        **keywords: Keys of the file that win over all, such as ``as_of="2011-10-31"``; None is not said.

    Raises:
        ParamsError: All problems of the file, of the names in it and of what was said beside it.
        PluginError: If it is strict, all that is wrong with plugins; else a source or rule that may be one of theirs.
    """
    from cpm_core.params.overrides import from_keywords

    loaded = load(params, (*overrides, *from_keywords(keywords)))
    return Workbook(loaded, Registry.of(loaded), work=work, shared=shared, progress=progress)


class Workbook(Data, People):
    """A workbook as of one day: its tables, figures, customers and report.

    Nothing is read before it is asked for. In a kernel that `cpm run` has started, what the runner
    has prepared and measured is used as it is.
    """

    def __init__(
        self,
        params: Params,
        registry: Registry,
        *,
        work: Path | None = None,
        shared: Path | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        check_names(params, registry)
        self.params = params
        self.registry = registry
        self.settings = params.settings_for()
        self.name = params.workbook
        self.title: Text = params.title
        self.locale = params.locale
        self.run = os.environ.get(RUN, "")
        self._progress = progress or (lambda what: None)
        self._removal: weakref.finalize[..., Workbook] | None = None
        self.work = self._root = self._work_folder(work)
        self._generation = 0
        self._shared = shared
        self._warnings: list[str] | None = None
        self.period = period_of(params.as_of, params.period, params.year_starts)

    def _work_folder(self, work: Path | None) -> Path:
        given = os.environ.get(WORK)
        if work is None and given and read(Path(given) / IDENTITY) == self.identity():
            return Path(given)
        if work is not None:
            return work
        folder = folders.make(Path(tempfile.gettempdir()), "cpm-")
        # Removed with the workbook, or at the interpreter's end; that of a killed one by the next run.
        self._removal = weakref.finalize(self, folders.remove, folder)
        return folder

    def __repr__(self) -> str:
        return f"<Workbook {self.name}: as of {self.settings.as_of}, {self.period.label}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle: dict[str, str] = self.report.header()._repr_mimebundle_(include, exclude)
        return bundle

    # Figures --------------------------------------------------------------------------------------

    @cached_property
    def compiled(self) -> Mapping[str, Compiled]:
        """The KPIs of this workbook, compiled for its tables; hidden parts too."""
        from cpm_core.measure import known
        from cpm_core.measure.compile import compile_kpis, known_of

        before = known.load(self.work, self.identity())
        compiled = compile_kpis(self.registry, self._catalog, self.settings, self.wanted, before)
        if not before:
            known.save(self.work, self.identity(), known_of(compiled))
        return compiled

    @property
    def wanted(self) -> Sequence[str]:
        """The KPIs that the params name; else all that there are, in the KPI book's order, and those of targets."""
        ordered = sorted(self.registry.kpis.values(), key=lambda one: one.item.place)
        shown = [one.item.id for one in ordered if not one.item.hidden]
        # One that nobody provides is told as failed while a plugin is quarantined, and is an error otherwise.
        return self.params.kpis or [*shown, *(name for name in self.params.targets if name not in self.registry.kpis)]

    @cached_property
    def kpis(self) -> tuple[Kpi, ...]:
        """The KPIs that are shown: those that the params name, else all that the tables allow."""
        if self.params.kpis:
            return tuple(self.compiled[name].kpi for name in self.params.kpis)
        shown = [one.kpi for one in self.compiled.values() if not one.kpi.hidden and not one.missing]
        return tuple(sorted(shown, key=lambda kpi: kpi.place))

    @cached_property
    def _measured(self) -> Measured:
        from cpm_core.customers import playbook
        from cpm_core.measure import slices
        from cpm_core.measure.facts import measure

        slices.check_all(self.params, self._catalog)
        playbook.check(self.params, self.registry, self._catalog)
        named = set(self.params.kpis or ())
        wanted = {name: one for name, one in self.compiled.items() if not one.missing or name in named}
        found = measure(
            wanted, self._catalog, self.periods, self.params.slices, self.settings, self.locale, self._progress
        )
        self._catalog.failures.add(*found.failures)
        self._insist()
        return found

    def _insist(self) -> None:
        """In a strict workbook, see that nothing of a plugin has failed by now.

        Raises:
            PluginError: All that has.
        """
        wrong = self._catalog.failures.problems()
        if wrong and is_strict(self.params):
            raise PluginError(wrong)

    def facts(self) -> pd.DataFrame:
        """One row a measured figure; columns are `cpm_core.model.facts.FACT_COLUMNS`.

        Raises:
            PluginError: The workbook is strict, and something of a plugin failed.
        """
        frame = self._stored("facts", lambda: self._measured.frame).copy()
        frame["workbook"], frame["run"] = self.name, self.run
        return frame

    def scorecard(self) -> pd.DataFrame:
        """One row a shown KPI for the as-of period: figure, target, changes, signal."""
        return self._stored("scorecard", self._scorecard).copy()

    def _scorecard(self) -> pd.DataFrame:
        from cpm_core.scorecard.build import scorecard
        from cpm_core.scorecard.targets import Targets

        targets = Targets(self.params.targets, self.compiled, self.settings)
        return scorecard(self._measured, self.compiled, self.kpis, targets, self.period, self.settings, self.locale)

    def _stored(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A frame of the work folder; made and stored there if it is not."""
        import pandas as pd

        cached: dict[str, pd.DataFrame] = self.__dict__.setdefault("_frames", {})
        if name not in cached:
            self.prepare()
            path = self.work / f"{name}.frame.parquet"
            if not path.is_file():
                aside = path.with_suffix(f".{os.getpid()}")
                make().to_parquet(aside, index=False)
                aside.replace(path)
            cached[name] = pd.read_parquet(path)
        return cached[name]

    def failed(self) -> list[str]:
        """What of plugins failed by now, tables and profile columns too, in the words of the workbook's language."""
        return self._catalog.failures.lines(self.locale)

    def degraded(self) -> tuple[Problem, ...]:
        """Plugins that are left out, and what of the others failed, sections that the notebook showed too, with the reason."""
        from cpm_core.report.extra import failures
        from cpm_core.report.plugins import problems

        self.facts()
        failed = self._catalog.failures.problems()
        return (*problems(self.registry, self.params.home), *failed, *failures(self.work))

    def kpi_list(self) -> pd.DataFrame:
        """One row a KPI: id, title, unit, which direction is better, whether it is measurable, and why not."""
        from cpm_core.report.kpi_list import kpi_list

        return kpi_list(self.compiled.values(), self.locale, self.params.currency)

    def kpi(self, name: str) -> KpiView:
        """One KPI to look at: ``book.kpi("csat").by("region").plot()``.

        Raises:
            MeasureError: There is no such KPI in this workbook.
        """
        from cpm_core.report.kpi_view import view_of

        return view_of(self, self._known(name).kpi)

    def _known(self, name: str) -> Compiled:
        if name not in self.compiled:
            raise MeasureError(f"there is no KPI {name!r} in this workbook", nearest=nearest(name, self.compiled))
        return self.compiled[name]

    def why(
        self,
        kpi: str,
        slice: str | None = None,  # noqa: A002  # the word of the field
        period: str | None = None,
        against: str | None = None,
        *,
        by: By = "members",
    ) -> Why:
        """Why a figure moved: its change between two periods, in parts that add up to it exactly.

        Args:
            kpi: A KPI of this workbook.
            slice: What to split by: any column that its rows lead to; left out: the one that explains most.
            period: A label such as `2011-10`; left out: the as-of period.
            against: `previous`, `year` or a label; left out: `previous`, and `year` for a KPI that covers a year.
            by: `members` of a slice, or `factors` of a product such as revenue.

        Raises:
            MeasureError: The change does not split, not by this slice, or not between these periods, and why.
            UsageError: A period is none, or was not measured.
        """
        from cpm_core.report.why_view import why_of

        self._known(kpi)
        return why_of(self, self._catalog, kpi, slice, self._period(period), against, by)

    def signals(self, kpi: str, slice: str = "") -> pd.DataFrame:  # noqa: A002  # the word of the field
        """A KPI's signals, a row a period and member of a slice, or of the total; see `member_signals.COLUMNS`.

        Raises:
            MeasureError: The KPI or slice cannot be had.
        """
        from cpm_core.scorecard.member_signals import signals

        self._known(kpi)
        return signals(kpi, slice, self.compiled, self._catalog, self.periods, self.settings, self.locale)

    def waits(self, kpi: str, by: str = "", period: str | None = None) -> Waits:
        """The spread behind a median of times, by member of a slice: the shares done within 1, 4, 8 and 24 hours.

        Raises:
            MeasureError: The KPI is not known, or no median of times.
        """
        from cpm_core.report.waits import waits_of

        self._known(kpi)
        return waits_of(self, self._catalog, kpi, by, self._period(period))

    def _period(self, label: str | None) -> Period:
        wanted = self.period if label is None else parse_label(label, self.params.period, self.params.year_starts)
        if wanted not in self.periods:
            labels = [one.label for one in self.periods]
            raise UsageError(f"{wanted.label} was not measured", fix=f"Choose one from {labels[0]} to {labels[-1]}.")
        return wanted

    def rows(self, kpi: str, period: str | None = None, slice: str = "", member: str | None = None) -> pd.DataFrame:  # noqa: A002  # the word of the field
        """The rows behind a figure; their `numerator` and `denominator` add up to the fact's.

        Args:
            kpi: A KPI of this workbook.
            period: A label such as `2011-10`; left out: the as-of period.
            slice: A slice; left out: the total.
            member: The slice's member; left out: all, in a column `member`.

        Raises:
            MeasureError: The KPI or slice cannot be had.
            UsageError: The period is none, or was not measured.
        """
        from cpm_core.measure.rows import rows_of

        self._known(kpi)
        wanted = self._period(period)
        return rows_of(kpi, self.compiled, self._catalog, wanted, slice, member, self.params.show_personal_data)

    def rejects(self) -> pd.DataFrame:
        """One row a refused row: table, source, reason, column, key, value."""
        import pandas as pd

        return pd.read_parquet(self._prepared.rejects)

    # Report ---------------------------------------------------------------------------------------

    @property
    def report(self) -> Report:
        """The sections of the page."""
        from cpm_core.report.report import Report

        # What is handed over was collected with nothing failed; as long as no table is asked for, nothing can.
        failed = [] if self._handed is not None and "_catalog" not in self.__dict__ else self.failed()
        # Collected once for all sections, and anew when something more of a plugin has failed.
        if self._collected.get("failed") != failed:
            self._collected.update(
                failed=failed, data=self._handed if not failed and self._handed else self.report_data()
            )
        return Report(self._collected["data"])

    @cached_property
    def _collected(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _handed(self) -> ReportData | None:
        """What the runner of this kernel has collected; None if there is no such."""
        from dataclasses import replace

        from cpm_core.report.handed import handed

        found = handed(self.work, self._all_kpis())
        return None if found is None else replace(found, facts=found.facts.assign(run=self.run))

    def hand_over(self) -> None:
        """Leave the report's data in the work folder for the kernel that is started next, if nothing has failed."""
        from cpm_core.report.handed import hand

        data = self.report.data
        if not self.failed():
            hand(data, self.work, self._all_kpis())

    def _all_kpis(self) -> dict[str, Kpi]:
        return {name: provided.item for name, provided in self.registry.kpis.items()}

    def sections(self) -> Any:
        """The sections that plugins add to the page; a runner is told of those that fail."""
        from cpm_core.report.extra import shown

        return shown(self, self.registry.sections.values(), self.work)

    def report_data(self) -> ReportData:
        """All that the report shows, as plain frames."""
        from cpm_core.report.collect import report_data

        return report_data(self)

    def provenance(self) -> dict[str, Any]:
        """Parameters, plugins, sources and versions, as plain data."""
        from cpm_core.report.collect import provenance

        return provenance(self)

    def reload_plugins(self) -> Reloaded:
        """Load the plugins anew, after one was edited, and say what changed.

        What was worked out by them is worked out anew when it is asked for next. The tables stay as they are, unless
        a source or a base table changed: then the data are read anew.

        Raises:
            PluginError: What cannot be loaded, if the workbook is strict, or a source or rule that it uses is gone.
            ParamsError: A name or option of the params does not fit any more.
        """
        from cpm_core.hooks.changes import changes
        from cpm_core.report.reloaded import Reloaded

        before, after = self.registry, Registry.anew(self.params)
        check_names(self.params, after)
        told = changes(before, after)
        tables = self._table_makers()
        self.registry = after
        anew = tables != self._table_makers()
        self._forget(keeping=("_engine",) if anew else ("_engine", "_prepared"))
        return Reloaded.of(told, anew, self.locale, self.params.home)

    def _forget(self, keeping: Sequence[str]) -> None:
        """Drop all that was worked out; what is worked out next goes into a folder of its own."""
        made = {name for one in type(self).__mro__ for name, at in vars(one).items() if isinstance(at, cached_property)}
        for name in ({*made, "_frames"} - {*keeping}) & set(self.__dict__):
            del self.__dict__[name]
        self._warnings = None
        self._generation += 1
        self.work = self._root / f"reloaded-{self._generation}"
        self.work.mkdir(parents=True, exist_ok=True)

    def close(self, dropping: Path | None = None) -> None:
        """Give the engine back; with ``dropping`` without what a server keeps for that folder."""
        if dropping is not None:
            self._engine.drop(dropping)
        if "_engine" in self.__dict__:
            self._engine.close()
