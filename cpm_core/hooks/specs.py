"""The hooks. Each returns data: an iterable of frozen dataclasses of `cpm_core.api`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cpm_core.model.markers import hookspec

if TYPE_CHECKING:
    from cpm_core.model.actions import Action
    from cpm_core.model.kpi import Kpi
    from cpm_core.model.publishers import Publisher
    from cpm_core.model.rules import Check, LifecycleRule, ProfileColumn, Section, TierRule
    from cpm_core.model.run import Run
    from cpm_core.model.tables import DerivedTable, Source, TableSpec


@hookspec
def cpm_sources() -> Iterable[Source]:  # type: ignore[empty-body]  # a specification has no body
    """Sources of base tables."""


@hookspec
def cpm_tables() -> Iterable[TableSpec | DerivedTable]:  # type: ignore[empty-body]  # a specification has no body
    """Base-table specs and derived tables."""


@hookspec
def cpm_kpis() -> Iterable[Kpi]:  # type: ignore[empty-body]  # a specification has no body
    """KPIs."""


@hookspec
def cpm_profile_columns() -> Iterable[ProfileColumn]:  # type: ignore[empty-body]  # a specification has no body
    """Columns that are added to the customer profile."""


@hookspec
def cpm_checks() -> Iterable[Check]:  # type: ignore[empty-body]  # a specification has no body
    """Expectations on base tables."""


@hookspec
def cpm_tier_rules() -> Iterable[TierRule]:  # type: ignore[empty-body]  # a specification has no body
    """Rules that sort customers into tiers."""


@hookspec
def cpm_lifecycle_rules() -> Iterable[LifecycleRule]:  # type: ignore[empty-body]  # a specification has no body
    """Rules that sort customers into stages of their life."""


@hookspec
def cpm_actions() -> Iterable[Action]:  # type: ignore[empty-body]  # a specification has no body
    """Actions that a plan of the params may use."""


@hookspec
def cpm_report_sections() -> Iterable[Section]:  # type: ignore[empty-body]  # a specification has no body
    """Sections that are added to the report page."""


@hookspec
def cpm_publishers() -> Iterable[Publisher]:  # type: ignore[empty-body]  # a specification has no body
    """Ways to bring a published report to its readers."""


@hookspec
def cpm_run_started(run: Run) -> None:
    """A report's data is read and its notebook is about to run (observer)."""


@hookspec
def cpm_run_published(run: Run) -> None:
    """A run of a report was published; one that was there already is not told again (observer)."""


@hookspec
def cpm_run_failed(run: Run, error: BaseException) -> None:
    """A run of a report failed, perhaps before it was told as started (observer)."""
