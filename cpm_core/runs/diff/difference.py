"""All that differs between two runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cpm_core.model.errors import UsageError
from cpm_core.runs.diff import people
from cpm_core.runs.diff.causes import Causes, causes
from cpm_core.runs.diff.figures import headline, restated, side_by_side
from cpm_core.runs.diff.find import Found, open_run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Difference:
    """Two runs of one report, the earlier one first."""

    before: Found
    after: Found
    causes: Causes
    restated: pd.DataFrame
    """Figures of periods that were over and complete in the run before, and that are others now: kpi, slice, member,
    period; `before`, `after` and `change` of the value, and of numerator, denominator and n; states; `because`."""
    expected: int
    """How many other figures differ: their periods were not over or not complete in the run before."""
    kpis: pd.DataFrame
    """Each KPI in the as-of period of each run: before, after, change, states, redefined, there."""
    tiers: pd.DataFrame
    """Customers whose tier is another: customer_id, tier_before, tier_after, value_before, value_after."""
    rejects: pd.DataFrame
    """Rejected rows by table and reason, where their number is another."""

    @property
    def same_day(self) -> bool:
        """Whether both are of one as-of day, so that time explains nothing."""
        return self.before.record.get("as_of") == self.after.record.get("as_of")

    @property
    def changed_kpis(self) -> pd.DataFrame:
        """Those of `kpis` of which anything is another."""
        found = self.kpis
        values = found["before"].fillna(float("inf")) != found["after"].fillna(float("inf"))
        states = found["state_before"].fillna("") != found["state_after"].fillna("")
        return found[values | states | found["redefined"]].reset_index(drop=True)

    def __bool__(self) -> bool:
        """Whether any figure, tier or reject differs."""
        return bool(
            len(self.restated) or self.expected or len(self.changed_kpis) or len(self.tiers) or len(self.rejects)
        )


def compare(before: str | Path, after: str | Path) -> Difference:
    """Compare two runs.

    Args:
        before: Folder of the earlier run, or `…/latest`.
        after: That of the later one.

    Raises:
        UsageError: There is no run in a folder, or the two are of periods of different length.
        RunError: A table of a run cannot be read.
    """
    return difference(open_run(before), open_run(after))


def difference(before: Found, after: Found) -> Difference:
    """Compare two runs that were opened.

    Raises:
        UsageError: The two are of periods of different length.
        RunError: A table of a run cannot be read.
    """
    _check(before, after)
    why = causes(before.record, after.record)
    both = side_by_side(before.facts, after.facts)
    as_of = date.fromisoformat(str(before.record["as_of"]))
    found = restated(both, as_of)
    redefined = _redefined(before, after)
    because = {kpi: why.of(kpi in redefined, redefined.values()) for kpi in found["kpi"].unique()}
    return Difference(
        before=before,
        after=after,
        causes=why,
        restated=found.assign(because=found["kpi"].map(because)),
        expected=int(both["differs"].sum()) - len(found),
        kpis=headline(before.facts, after.facts, (str(before.record["period"]), str(after.record["period"]))),
        tiers=people.tiers(before.table("customers"), after.table("customers")),
        rejects=people.rejects(before.table("rejects"), after.table("rejects")),
    )


def _redefined(before: Found, after: Found) -> dict[str, str]:
    """KPIs whose definition is another, with the plugins that provide them now."""
    columns = ["kpi", "definition", "provider"]
    ours, theirs = (one.facts[columns].drop_duplicates("kpi") for one in (before, after))
    both = ours.merge(theirs, on="kpi", suffixes=("_before", "_after"))
    other = both[both["definition_before"] != both["definition_after"]]
    return dict(zip(other["kpi"], other["provider_after"], strict=True))


def _check(before: Found, after: Found) -> None:
    kinds = [str((one.record.get("parameters") or {}).get("period", "")) for one in (before, after)]
    if kinds[0] != kinds[1]:
        what = f"{before.id} is by {kinds[0]}, {after.id} by {kinds[1]}: they have no period in common"
        raise UsageError(what, fix="Compare runs of one report.")
