"""The keys of a params file and their types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from cpm_core.model import limits as most
from cpm_core.model import settings as conventions
from cpm_core.model.text import Locale, Text
from cpm_core.params import values
from cpm_core.params.calendar import CalendarKeys, SlaKeys
from cpm_core.params.checks import CheckKeys
from cpm_core.params.engine import Engine
from cpm_core.params.keys import Keys
from cpm_core.params.only import Only
from cpm_core.params.plan import PlanKeys
from cpm_core.params.publish import PublisherUse
from cpm_core.params.retry import Retry
from cpm_core.params.syntax import Loc
from cpm_core.params.targets import Target
from cpm_core.params.value import ValueKeys
from cpm_core.params.values import Day, Name, Names, Number, Words

_DEFAULTS = conventions.Settings
_LIMITS = most.Limits


class SourceUse(Keys):
    """A source and its options; the source's own model types them later."""

    model_config = ConfigDict(frozen=True, extra="allow")
    use: Name = Field(examples=["files"])
    """Its name; its own options stand beside it."""

    @property
    def options(self) -> dict[str, Any]:
        """Every key beside `use`, as text."""
        return dict(self.model_extra or {})


class Capacity(Keys):
    """The most customers that a tier takes; left out: as many as there are."""

    VIP: int | None = Field(None, ge=1, examples=[200])
    """Of the tier VIP."""
    key: int | None = Field(None, ge=1, examples=[1000])
    """Of the tier key."""


class TierUse(Keys):
    """A tiering rule and its options; the rule's own model types them later."""

    model_config = ConfigDict(frozen=True, extra="allow")
    rule: Name = Field("percentile", examples=["percentile"])
    """Its name; its own options stand beside it."""
    margin: Number = Field(_DEFAULTS.tier_margin, ge=0, lt=1, examples=[0.1])
    """Who held a higher tier keeps it down to this share below its limit; 0: the limit alone decides."""
    capacity: Capacity = Capacity()

    @property
    def options(self) -> dict[str, Any]:
        """Every other key, as text."""
        return dict(self.model_extra or {})


class LifecycleUse(Keys):
    """A lifecycle rule and its options; the rule's own model types them later."""

    model_config = ConfigDict(frozen=True, extra="allow")
    rule: Name = Field("thresholds", examples=["thresholds"])
    """Its name; its own options stand beside it."""

    @property
    def options(self) -> dict[str, Any]:
        """Every key beside `rule`, as text."""
        return dict(self.model_extra or {})


class Event(Keys):
    """Something that happened on a day, marked on charts."""

    date: Day = Field(examples=["2011-04-29"])
    """The day."""
    text: Words
    """What happened, in both languages."""


class Report(Keys):
    """Which notebook is run and what is made of it."""

    notebook: Name = "scorecard"
    """A name in `notebooks/`, or a path from the params file."""
    formats: Annotated[tuple[Literal["html", "pdf", "xlsx", "csv"], ...], AfterValidator(values.each_once)] = Field(
        ("html", "xlsx"), min_length=1, examples=["[html, xlsx]"]
    )
    """What is made beside the executed notebook."""


class Plugins(Keys):
    """Plugins that are turned off, and entry points of installed packages that are turned on."""

    disable: Names = Field((), examples=["[loyalty]"])
    """Names of plugins that are turned off."""
    use: Names = Field((), examples=["[our_kpis]"])
    """Names of entry points of installed packages that are turned on."""


class Conventions(Keys):
    """The conventions of the KPI book that a workbook may choose."""

    activity_days: int = Field(_DEFAULTS.activity_days, ge=1, le=3660, examples=[90])
    survey_window_days: int = Field(_DEFAULTS.survey_window_days, ge=1, le=366, examples=[14])
    survey_unit: Literal["answer", "customer"] = _DEFAULTS.survey_unit
    conversion_days: int = Field(_DEFAULTS.conversion_days, ge=1, le=3660, examples=[90])
    resolution_window_days: int = Field(_DEFAULTS.resolution_window_days, ge=1, le=3660, examples=[7])
    min_cost_coverage: Number = Field(_DEFAULTS.min_cost_coverage, ge=0, le=1, examples=[0.9])
    nrr_window: Literal["year", "period"] = _DEFAULTS.nrr_window
    cost_centers: Names | None = Field(None, min_length=1, examples=["[service]"])
    """Cost centres of customer care; left out: all that the costs table names."""
    coverage_tiers: Names = Field(_DEFAULTS.coverage_tiers, min_length=1, examples=["[VIP]"])
    point_value: Number | None = Field(None, ge=0, examples=[0.01])
    breakage: Number = Field(_DEFAULTS.breakage, ge=0, le=1, examples=[0.1])
    min_n: int = Field(_DEFAULTS.min_n, ge=1, le=100_000, examples=[5])
    confidence: Number = Field(_DEFAULTS.confidence, ge=0.5, le=0.9999, examples=[0.95])


class Limits(Keys):
    """Seconds that the code of plugins, the queries of the engine and a run may take, and how much a run may use."""

    definition: Number = Field(_LIMITS.definition, gt=0, examples=[10])
    """For one function of a plugin that returns an expression."""
    pandas: Number = Field(_LIMITS.pandas, gt=0, examples=[60])
    """For one KPI that is a pandas function."""
    query: Number = Field(_LIMITS.query, gt=0, examples=[600])
    """For one query that measures KPIs or stores a table."""
    cell: Number | None = Field(None, gt=0, examples=[600])
    """For one cell of the notebook; left out: as long as the run may take."""
    run: Number | None = Field(None, gt=0, examples=[3600])
    """For the whole run, from reading the data to publishing; left out: as long as it takes."""
    output: values.Memory = Field("50MB", examples=["50MB"])
    """For the outputs of one notebook; what goes beyond is left out, and the notebook says so."""
    memory: values.Memory | None = Field(None, examples=["4GB"])
    """For the process of one notebook; left out: what the machine has."""

    def limits(self) -> most.Limits:
        """Those of plugins and queries, for the rooms below."""
        return most.Limits(definition=self.definition, pandas=self.pandas, query=self.query)

    def run_limits(self) -> most.RunLimits:
        """Those of the run."""
        memory = None if self.memory is None else values.bytes_of(self.memory)
        return most.RunLimits(cell=self.cell, run=self.run, output=values.bytes_of(self.output), memory=memory)


class Params(Keys):
    """Everything that a report is made from."""

    workbook: values.Slug = Field(examples=["online_retail"])
    """Its folder under `reports/`; left out: the file's name."""
    title: Words = Text(en="Customer performance", zh="客户绩效")
    """Of the report, in both languages."""
    as_of: Day = Field(examples=["2011-11-30"])
    """The last day that counts."""
    since: Day | None = Field(None, examples=["2009-12-01"])
    """Rows before it do not exist; left out: all."""
    period: conventions.PeriodName = _DEFAULTS.period
    """What figures are measured by."""
    history: int = Field(_DEFAULTS.history, ge=1, le=5000, examples=[24])
    """Periods shown; the year before them is measured too."""
    year_starts: int = Field(_DEFAULTS.year_starts, ge=1, le=12, examples=[4])
    """Month in which quarters and years start."""
    locale: Locale = "en"
    """Language of the report: every title, unit, chart and message."""
    timezone: values.Zone = _DEFAULTS.timezone
    """In which days begin and end, as Europe/London."""
    currency: values.Currency = _DEFAULTS.currency
    """Three letters of ISO 4217, as GBP; left out: money is shown without a unit."""
    engine: Engine = Engine()
    """Where tables live and figures are computed."""
    sources: tuple[SourceUse, ...] = Field(min_length=1, examples=["[{use: demo}]"])
    """Where the tables come from; of several that deliver one table the rows are put together."""
    kpis: Names | None = Field(None, min_length=1, examples=["[revenue, orders]"])
    """The KPIs that are measured and shown; left out: all that the tables allow."""
    only: Only = Field({}, examples=["{region: [North]}"])
    """The customers with these values in their columns, and what is theirs; left out: all. A column of another table
    (`orders.channel`) restricts that table."""
    slices: Names = Field((), examples=["[region]"])
    """Columns by which figures are split: of the KPI's own table or of customers, or `table.column`."""
    targets: dict[Name, Target] = Field({}, examples=["{retention_rate: {at_least: 0.9}}"])
    """What KPIs should be, by their ids."""
    events: tuple[Event, ...] = ()
    """What happened on a day, marked on charts."""
    checks: dict[Name, CheckKeys] = Field({}, examples=["{rows: {level: warn}}"])
    """Checks on data by their ids; left out: each as its author has it."""
    tiers: TierUse = TierUse()
    """The rule that sorts customers into tiers."""
    lifecycle: LifecycleUse = LifecycleUse()
    """The rule that finds the stage of each customer."""
    tier_history: bool = Field(_DEFAULTS.tier_history, examples=["false"])
    """Whether figures by tier and stage are measured for all periods, not only for those that are compared."""
    plan: PlanKeys | None = None
    """Whom to do what for, within a budget; left out: nothing is planned."""
    report: Report = Report()
    """Which notebook is run and what is made of it."""
    publish: tuple[PublisherUse, ...] = Field((), examples=["[{use: folder, to: ../share}]"])
    """Where a published report is brought, in this order; left out: it stays in its own folder."""
    plugins: Plugins = Plugins()
    """Plugins that are turned off, and entry points that are turned on."""
    strict: bool | None = Field(None, examples=["true"])
    """Whether what fails of a plugin fails the report; left out: as the environment says (`CPM_STRICT`, else `CI`)."""
    limits: Limits = Limits()
    """How long things may take, and how much they may use."""
    retry: Retry = Retry()
    """How often a run is tried that failed of what may heal."""
    settings: Conventions = Conventions()
    """Conventions of the KPI book that a workbook may choose."""
    calendar: CalendarKeys = CalendarKeys()
    """The hours that count for response and resolution times; left out: every hour counts."""
    sla: SlaKeys = SlaKeys()
    """Hours within which tickets should be answered and resolved; left out: nothing is promised."""
    value: ValueKeys = ValueKeys()
    """How the value of customers is worked out."""
    show_personal_data: bool = Field(False, examples=["false"])
    """Whether names, addresses and comments are shown."""

    _path: Path | None = PrivateAttr(None)
    _shown: str = PrivateAttr("params")
    _places: dict[Loc, str] = PrivateAttr(default_factory=dict)
    _notebook_parameters: dict[str, Any] = PrivateAttr(default_factory=dict)

    @field_validator("since")
    @classmethod
    def _since_before_as_of(cls, since: Any, info: ValidationInfo) -> Any:
        as_of = info.data.get("as_of")
        if since is not None and as_of is not None and since > as_of:
            raise values.wrong(f"{since} is after as_of, {as_of}: no day is left", fix="Let since be the earlier one.")
        return since

    def read_from(
        self, path: Path | None, name: str, places: Mapping[Loc, str], notebook_parameters: Mapping[str, Any]
    ) -> Self:
        """Remember the file, its name in messages, where each value stands, and what is the notebook's."""
        self._path, self._shown = path, name
        self._places, self._notebook_parameters = dict(places), dict(notebook_parameters)
        return self

    @property
    def path(self) -> Path | None:
        """The file it was read from."""
        return self._path

    @property
    def folder(self) -> Path:
        """What paths in the params are relative to."""
        return self._path.parent if self._path else Path()

    @property
    def home(self) -> Path:
        """The folder in which `params/` lies, and `plugins/` and `notebooks/` beside it."""
        named = [folder for folder in (self.folder, *self.folder.parents) if folder.name == "params"]
        return named[0].parent if named else self.folder

    @property
    def notebook_parameters(self) -> dict[str, Any]:
        """Overrides that are no keys of the file but parameters of the notebook."""
        return dict(self._notebook_parameters)

    def where(self, *loc: str | int) -> str:
        """Where a value comes from: `params/x.yaml:14`, or the override that set it, as `-p as_of`.

        A value that is not written anywhere gets the place of the nearest one round it.
        """
        return place(self._places, self._shown, loc)

    def is_said(self, *loc: str | int) -> bool:
        """Whether a value is written in the file or said outside it, and no default."""
        return loc in self._places

    def settings_for(self) -> conventions.Settings:
        """What KPI and table functions may read of it."""
        return conventions.Settings(
            as_of=self.as_of,
            since=self.since,
            period=self.period,
            history=self.history,
            year_starts=self.year_starts,
            timezone=self.timezone,
            currency=self.currency,
            calendar=self.calendar.calendar(),
            sla=self.sla.sla(),
            value=self.value.value(),
            tier_history=self.tier_history,
            tier_margin=self.tiers.margin,
            tier_capacity=self.tiers.capacity.model_dump(exclude_none=True),
            **self.settings.model_dump(),
        )


def place(places: Mapping[Loc, str], name: str, loc: Loc) -> str:
    """The place of the longest known beginning of ``loc``, else ``name``."""
    known = (loc[:length] for length in range(len(loc), 0, -1) if loc[:length] in places)
    return next((places[part] for part in known), name)
