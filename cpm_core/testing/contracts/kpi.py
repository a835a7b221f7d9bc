"""What every KPI must hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from cpm_core.model.kpi import Kpi
from cpm_core.model.measures import Mean, Ratio, Total
from cpm_core.testing.contracts.base import Contract
from cpm_core.testing.engines import lacking

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.measure.compile import Compiled

NOT_NEGATIVE = ("count", "hours", "days")
ADDS_UP = (Total, Ratio, Mean)
KEY = ("period", "slice", "member")
FIGURE = ("value", "numerator", "denominator", "n", "low", "high", "state")
PARTS = ("numerator", "denominator")


class KpiContract(Contract):
    """Subclass it, name the plugin and the KPI, and pytest runs what every KPI must hold.

    Attributes:
        kpi: The KPI's id.
        expected: Worked out by hand: the value by period, on the tiny book or on ``tables``; None where there is none.
    """

    kind, attribute = "kpis", "kpi"
    kpi: ClassVar[str] = ""
    expected: ClassVar[Mapping[str, float | None]] = {}

    def test_it_gives_the_expected_values(self) -> None:
        """The values that were worked out by hand."""
        whole = self._facts("plain")
        for period, wanted in self.expected.items():
            rows = whole[(whole["period"] == period) & (whole["slice"] == "")]
            assert len(rows) == 1, f"{self.kpi} was not measured in {period}; measured: {sorted(set(whole['period']))}"
            found = rows.iloc[0]
            value = None if math.isnan(found["value"]) else float(found["value"])
            same = value == wanted if value is None or wanted is None else math.isclose(value, wanted, rel_tol=1e-9)
            assert same, f"{self.kpi} in {period} is {value} ({found['state']} {found['reason']}), expected {wanted}"

    def test_it_can_be_measured(self) -> None:
        """Neither its function nor its query fails."""
        failed = self._facts("plain").query("state in ('failed', 'blocked')")
        assert failed.empty, f"{self.kpi} failed: {failed['reason'].iloc[0]}"

    def test_the_order_of_rows_does_not_matter(self) -> None:
        """Shuffled rows give the same figures: break ties by the table's key."""
        self._same("shuffled", "when the rows come in another order; break ties by the key")

    def test_rows_that_come_twice_count_once(self) -> None:
        """A row that is delivered twice counts once: measure the core's tables, not what the source gave."""
        self._same("doubled", "when every row is delivered twice; count ids, and join on keys that are unique")

    def test_nothing_after_the_as_of_day_changes_it(self) -> None:
        """Rows and answers of days to come change nothing: ask settings.as_of for the day, and never the clock."""
        self._same("later", "when rows of later days are there; ask settings.as_of for the day, never the clock")

    def test_where_there_is_nothing_it_says_so(self) -> None:
        """Without rows a sum is 0, and everything else has no value and says why."""
        whole = self._facts("empty")
        wrong = whole[whole["state"].isin(["failed", "blocked"])]
        assert wrong.empty, f"{self.kpi} fails on tables without rows: {wrong['reason'].iloc[0]}"
        odd = whole[whole["state"].isin(["undefined", "no data"]) & whole["value"].notna()]
        assert odd.empty, f"{self.kpi} has a value of {odd['value'].iloc[0]} though it is {odd['state'].iloc[0]}"
        bad = whole[(whole["state"] == "ok") & whole["value"].isna()]
        assert bad.empty, f"{self.kpi} is ok without a value"

    def test_its_values_lie_within_the_range_of_its_unit(self) -> None:
        """A share lies within 0 and 1, a count is a whole number, and neither counts nor times are negative."""
        values = self._facts("plain")["value"].dropna()
        low, high = _range(self._item, self._compiled)
        outside = values[(values < low) | (values > high)]
        assert outside.empty, (
            f"{self.kpi} is {outside.iloc[0]}, and its unit {self._item.unit!r} goes from {low:g} to {high:g}; "
            "a percent is a fraction (0.9 is 90 %)"
        )
        if self._item.unit == "count" and isinstance(self._compiled.measure, Total):
            broken = values[values % 1 != 0]
            assert broken.empty, f"{self.kpi} counts {broken.iloc[0]}: a count is a whole number"

    def test_its_slices_add_up(self) -> None:
        """What is made of sums is made of the members' sums: no join may multiply rows or lose them."""
        if not isinstance(self._compiled.measure, ADDS_UP):
            return
        whole = self._facts("plain")
        sums = whole[whole["slice"] != ""].groupby(["slice", "period"], as_index=False)[[*PARTS]].sum()
        both = sums.merge(whole[whole["slice"] == ""][["period", *PARTS]], on="period", suffixes=("", " of the total"))
        for row in both.to_dict("records"):
            for name in PARTS:
                total = row[f"{name} of the total"]
                assert math.isnan(total) or math.isclose(row[name], total, rel_tol=1e-9, abs_tol=1e-9), (
                    f"{self.kpi} by {row['slice']} in {row['period']}: the members' {name}s add up to {row[name]}, "
                    f"and the total's is {total}; a join multiplies rows or loses them"
                )

    def test_it_compiles_for_every_engine(self) -> None:
        """DuckDB, PostgreSQL and Spark have all operations of its expressions; no server is needed to know."""
        gone = [f"{engine}: {what}" for engine, what in lacking(self.bench.opened(), self.kpi).items()]
        assert not gone, f"{self.kpi} cannot run everywhere; operations that are not there: {'; '.join(gone)}"

    # What the tests look at ------------------------------------------------------------------------

    @property
    def _item(self) -> Kpi:
        item: Kpi = self.provided.item
        return item

    @property
    def _compiled(self) -> Compiled:
        return self.bench.opened().compiled[self.kpi]

    def _facts(self, variant: str) -> pd.DataFrame:
        self._item  # noqa: B018  # tells a wrong name before anything is measured
        whole = self.bench.facts(variant)
        return whole[whole["kpi"] == self.kpi]

    def _same(self, variant: str, when: str) -> None:
        said = self.bench.changed(variant, lambda one: self._facts(one)[[*KEY, *FIGURE]], KEY)
        assert not said, f"{self.kpi} changes {when}: {said}"

    def tables_behind(self) -> list[str]:
        """The tables that the KPIs of the plugin are on, and those of the KPIs that they derive from."""
        every = self.registry.kpis
        pending = [name for name, one in every.items() if one.provider == self.provided.provider]
        named: dict[str, tuple[str, ...]] = {}
        while pending:
            name = pending.pop()
            if name in every and name not in named:
                item = every[name].item
                named[name] = (item.table, *item.reads) if item.table else ()
                pending += [*item.beside, *(() if item.table else item.arguments)]
        return [table for tables in named.values() for table in tables]


def _range(item: Kpi, compiled: Compiled) -> tuple[float, float]:
    """The lowest and highest value that a figure may have."""
    measure = compiled.measure
    if isinstance(measure, Ratio) and _boolean(measure.numerator) and _boolean(measure.denominator):
        return 0.0, 1.0
    if isinstance(measure, Mean) and measure.interval == "nps":
        return -100.0, 100.0
    return (0.0 if item.unit in NOT_NEGATIVE else -math.inf), math.inf


def _boolean(value: Any) -> bool:
    import ibis.expr.types as ir

    return isinstance(value, ir.BooleanValue)
