"""Try what reads the customer profile: its columns, tier and lifecycle rules, actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cpm_core.checks.plugins.found import Line, problem_of
from cpm_core.checks.plugins.options import NeedsOptionsError, default_options
from cpm_core.checks.plugins.trial import Trial, lacking
from cpm_core.customers.profile import PROFILE
from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import Failure, UnfitError
from cpm_core.hooks.registry import Provided
from cpm_core.model.actions import Action
from cpm_core.model.names import nearest
from cpm_core.model.rules import STAGES, TIERS, Cut, LifecycleRule, ProfileColumn, TierRule
from cpm_core.model.text import Text
from cpm_core.tables.failures import COLUMN

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NO_NUMBER = Text(en="its value is {kind}, and no number", zh="其返回值是 {kind}，不是数值")
_NO_CUT = Text(en="cut returned a {kind}", zh="cut 返回的是 {kind}")
_NO_TABLE = Text(en="assign returned a {kind}, not a table", zh="assign 返回的是 {kind}，不是数据表")
_NO_COLUMN = Text(en="assign gives no column {name!r}", zh="assign 的结果没有字段 {name!r}")
_NO_CONDITION = Text(en="when returned {kind}, and no condition", zh="when 返回的是 {kind}，不是条件")


class _Rule:
    """One contribution while it is tried."""

    def __init__(self, trial: Trial, kind: str, provided: Provided[Any]) -> None:
        self.trial, self.provided, self.item = trial, provided, provided.item
        self._said = (kind, self.item.id, self.item.title, provided.where)
        self.lacking: Mapping[str, str] = {}

    @property
    def profile(self) -> ir.Table:
        """The customer profile of the tiny book, unbound."""
        return self.trial.catalog.unbound(PROFILE)

    def told(self, words: str, figure: float | None = None) -> Line:
        """The line of one that works."""
        return Line(*self._said, told=words, lacking=self.lacking, figure=figure)

    def failed(self, failure: Failure) -> Line:
        """The line of one that does not."""
        return Line(*self._said, problem=problem_of(failure), lacking=self.lacking)

    def unfit(self, what: str, near: Sequence[str] = (), fix: str = "") -> Line:
        """The line of one whose rows are not what they should be."""
        return self.failed(Failure(what, self.provided.where, tuple(near), fix))

    def rows(self, table: ir.Table) -> list[tuple[Any, ...]]:
        """What an expression of the plugin gives on the tiny book."""
        self.lacking = lacking([table])
        with self.trial.engine.limited(self.trial.limits.query):
            return self.trial.engine.rows(table)


def rules(trial: Trial) -> Iterator[Line]:
    """A line a profile column, tier rule, lifecycle rule and action of the plugin."""
    registry = trial.registry
    kinds: Sequence[tuple[str, Mapping[str, Provided[Any]], Any]] = (
        ("profile column", registry.profile_columns, _column),
        ("tier rule", registry.tier_rules, _tiers),
        ("lifecycle rule", registry.lifecycle_rules, _stages),
        ("action", registry.actions, _action),
    )
    for kind, found, tried in kinds:
        for provided in trial.own(found).values():
            rule = _Rule(trial, kind, provided)
            try:
                yield tried(rule)
            except NeedsOptionsError as error:
                yield rule.told(str(error))
            except Exception as error:  # noqa: BLE001  # whatever an engine raises of the plugin's expression
                yield rule.failed(failure_of(error, provided.where))


def _column(rule: _Rule) -> Line:
    item: ProfileColumn = rule.item
    name, catalog = COLUMN + item.id, rule.trial.catalog
    if gone := catalog.missing(name):
        return rule.told(f"the tiny book cannot make it: table {gone} is not delivered")
    broken = catalog.broken(name)
    if broken is not None:
        return rule.failed(broken.failure)
    rule.lacking = lacking([catalog.expression(name, rule.trial.settings)])
    table = catalog.unbound(name)
    column = table[item.id]
    counted = table.aggregate(known=column.count(), low=column.min(), high=column.max())
    known, low, high = rule.trial.engine.rows(counted)[0]
    everyone = rule.trial.book.prepared.tables["customers"].kept
    ends = "" if not known else f", from {low} to {high}"
    return rule.told(f"{known} of {everyone} customers have a value{ends}", float(known))


def _tiers(rule: _Rule) -> Line:
    item: TierRule = rule.item
    trial, profile = rule.trial, rule.profile
    options = default_options(item.options, trial.settings)

    def ask() -> tuple[Any, Cut]:
        value, cut = item.value(profile, options, trial.settings), item.cut(options)
        if not value.type().is_numeric():
            raise UnfitError(_NO_NUMBER.format(kind=value.type()), fix="Return a numeric column of the profile.")
        if not isinstance(cut, Cut):
            raise UnfitError(_NO_CUT.format(kind=type(cut).__name__), fix="Return TopShare, ShareOfValue or AtLeast.")
        return value, cut

    answer = trial.asked(rule.provided, item.value, ask)
    if answer.failure is not None:
        return rule.failed(answer.failure)
    value, cut = answer.value
    found = rule.rows(profile.select("customer_id", value=value.cast("float64")).order_by("customer_id"))
    return rule.told(_tiered([row[1] for row in found], cut), float(len(found)))


def _tiered(values: Sequence[float | None], cut: Cut) -> str:
    """How many customers are in each tier, by one day's values alone."""
    import numpy as np

    from cpm_core.customers.cuts import Values, pure

    known = np.array([value is not None and np.isfinite(value) for value in values], dtype=bool)
    numbers = np.array([value if there else 0.0 for value, there in zip(values, known, strict=True)], dtype=float)
    counts = Counter(pure(Values(numbers, known), cut).tier.tolist())
    return ", ".join(f"{counts[index]} {name}" for index, name in enumerate(TIERS))


def _stages(rule: _Rule) -> Line:
    item: LifecycleRule = rule.item
    trial, profile = rule.trial, rule.profile
    options = default_options(item.options, trial.settings)

    def ask() -> Any:
        import ibis.expr.types as ir

        table = item.assign(profile, options, trial.settings)
        if not isinstance(table, ir.Table):
            raise UnfitError(_NO_TABLE.format(kind=type(table).__name__), fix="Return profile.select(…).")
        for name in ("customer_id", "stage", "reason"):
            if name not in table.columns:
                raise UnfitError(_NO_COLUMN.format(name=name), nearest(name, table.columns))
        return table

    answer = trial.asked(rule.provided, item.assign, ask)
    if answer.failure is not None:
        return rule.failed(answer.failure)
    found = rule.rows(answer.value.select("customer_id", "stage", "reason"))
    everyone = rule.trial.engine.rows(profile.select("customer_id"))
    return _wrong_stage(rule, found, [row[0] for row in everyone]) or rule.told(
        ", ".join(f"{count} {stage}" for stage, count in sorted(Counter(row[1] for row in found).items())),
        float(len(found)),
    )


def _wrong_stage(rule: _Rule, found: Sequence[tuple[Any, ...]], everyone: Sequence[str]) -> Line | None:
    """What is wrong with the stages of the tiny book's customers, if anything."""
    often = Counter(row[0] for row in found)
    for customer in everyone:
        if often[customer] != 1:
            times = "no stage" if not often[customer] else f"{often[customer]} stages"
            return rule.unfit(f"customer {customer!r} of the tiny book has {times}", fix="Give each customer one row.")
    for _, stage, reason in found:
        if stage not in STAGES:
            return rule.unfit(
                f"there is no stage {stage!r}", nearest(str(stage), STAGES), f"There are: {', '.join(STAGES)}."
            )
        if reason not in rule.item.reasons:
            near = nearest(str(reason), rule.item.reasons)
            return rule.unfit(f"`reasons` has no {reason!r}", near, "Write its words in both languages.")
    return None


def _action(rule: _Rule) -> Line:
    item: Action = rule.item
    profile, when = rule.profile, item.when
    if when is None:
        return rule.told("no condition: for everybody of its tiers and stages")

    def ask() -> Any:
        holds = when(profile)
        if not (hasattr(holds, "type") and holds.type().is_boolean()):
            kind = holds.type() if hasattr(holds, "type") else type(holds).__name__
            raise UnfitError(_NO_CONDITION.format(kind=kind), fix="Return a comparison of the profile's columns.")
        return holds

    answer = rule.trial.asked(rule.provided, when, ask)
    if answer.failure is not None:
        return rule.failed(answer.failure)
    holds = answer.value.fill_null(False)
    fits, everyone = rule.rows(profile.aggregate(fits=holds.sum(), everyone=profile.count()))[0]
    return rule.told(f"{fits or 0} of {everyone} customers meet its condition", float(fits or 0))
