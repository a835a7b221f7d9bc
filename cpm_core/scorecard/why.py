"""Why a figure moved: the change between two periods, split so that its parts add up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cpm_core.measure import labels, slices
from cpm_core.model.errors import MeasureError
from cpm_core.model.names import nearest
from cpm_core.model.periods import Period
from cpm_core.model.text import Text
from cpm_core.scorecard import chance, split
from cpm_core.scorecard.additive import Sums, check_members, sums_of
from cpm_core.scorecard.candidates import AtHand, at_hand
from cpm_core.scorecard.changes import benjamini_hochberg
from cpm_core.scorecard.compared import Compared, Ground, compare, events_between, measured, other_period, year_ago
from cpm_core.scorecard.explained import TRIED_COLUMNS, Explained, ranked
from cpm_core.scorecard.factors import by_factors
from cpm_core.scorecard.sides import Reader, Sides
from cpm_core.scorecard.unexplained import unexplained

_NO_GROUPS = Text(en="its rows lead to no groups", zh="其数据无法关联到任何分组")


def explain(
    ground: Ground, name: str, slice_: str | None, period: Period, against: str | None, *, factors: bool = False
) -> Explained:
    """Split the change of a KPI, as `cpm_core.workbook.Workbook.why` says.

    Raises:
        MeasureError: The KPI's change does not split, not by this slice, or not between these periods.
        UsageError: There is no such period to compare with.
    """
    then = other_period(ground, name, period, against)
    if factors:
        return by_factors(ground, name, compare(ground, name, period, then))
    sums = sums_of(name, ground.compiled)
    compared = compare(ground, name, period, then)
    span = [compared.then, compared.now]
    if sums.year_back:
        span += [year_ago(ground, one) for one in span]
    if slice_ is None:
        names = at_hand(name, sums, ground.compiled, ground.catalog, _given(ground, name, span))
        if not names.names:
            parts = ", ".join(repr(part) for part in ground.compiled[name].parts)
            fix = f"It derives from {parts}: ask for those." if parts else ""
            raise unexplained(f"a change of {name!r} does not split: {{reason}}", _NO_GROUPS, fix)
    else:
        _check_slice(ground, name, slice_, sums, span)
        names = AtHand((slice_,), 0)
    found = measured(ground, {name, *sums.kpis}, span, names.names)
    reader = Reader(found, ground.compiled[name], sums, compared.then, compared.now, ground.settings)
    return _best(ground, name, compared, _read(reader, names.names), names.left_out if slice_ is None else None)


def _read(reader: Reader, names: Sequence[str]) -> dict[str, Sides]:
    """The sides of each slice; of several, those that do not add up are passed over."""
    found: dict[str, Sides] = {}
    for number, one in enumerate(names, start=1):
        try:
            found[one] = reader.sides(one)
        except MeasureError:
            if number == len(names) and not found:
                raise
    return found


def _given(ground: Ground, name: str, span: Sequence[Period]) -> list[str]:
    """The slices of the params; labels only where customers have them for all these periods."""
    one = ground.compiled[name]
    held = [each for each in ground.slices if slices.is_label(each, one, ground.compiled, ground.catalog)]
    if not held or {*labels.periods(ground.catalog)}.issuperset(span):
        return list(ground.slices)
    return [each for each in ground.slices if each not in held]


def _check_slice(ground: Ground, name: str, slice_: str, sums: Sums, span: Sequence[Period]) -> None:
    slices.check(slice_, ground.catalog)
    one = ground.compiled[name]
    if slice_ not in slices.reached(one, ground.compiled, [slice_], ground.catalog):
        near = nearest(slice_, at_hand(name, sums, ground.compiled, ground.catalog, ground.slices).names)
        raise MeasureError(
            f"KPI {name!r} cannot reach the slice {slice_!r}",
            nearest=near,
            fix=f"Leave the slice out: `book.why({name!r})` tries those at hand.",
        )
    if slices.is_label(slice_, one, ground.compiled, ground.catalog):
        labels.check(slice_, span, ground.catalog)
    check_members(sums, slice_, ground.compiled, ground.catalog)


def _best(ground: Ground, name: str, compared: Compared, found: Mapping[str, Sides], left_out: int | None) -> Explained:
    """The slice that explains most, of several or of one that was asked for (then ``left_out`` is None).

    How it is chosen is told in `docs/architecture.md`, "Why a figure moved".
    """
    found = _divided(found)
    p_values = {one: chance.p_values(sides.parts, sides.by_chance) for one, sides in found.items()}
    p_mixes = [chance.p_mix(sides.parts, sides.by_chance) for sides in found.values()]
    flags = benjamini_hochberg([*p_mixes, *(float(p) for mine in p_values.values() for p in mine)])
    mixed, each = dict(zip(found, flags, strict=False)), iter(flags[len(p_mixes) :])
    standing = {one: np.array([next(each) for _ in mine], dtype=bool) for one, mine in p_values.items()}
    rows = []
    for one, sides in found.items():
        much, by_chance = chance.explained(sides.parts), chance.expected(sides.by_chance)
        stand_out = int(standing[one].sum())
        rows.append([one, len(sides.members), much, by_chance, much - by_chance, stand_out, mixed[one]])
    tried = pd.DataFrame(rows, columns=list(TRIED_COLUMNS))
    tried["_none"] = (tried["significant"] == 0) & ~tried["mix_significant"]
    # Of slices that explain nothing beyond chance, the one that comes nearest to doing so.
    tried["_much"] = tried["beyond"].where(
        ~tried["_none"], tried["explained"] / tried["by_chance"].where(tried["by_chance"] > 0)
    )
    tried = tried.sort_values(["_none", "_much"], ascending=[True, False], kind="stable", ignore_index=True)
    best = str(tried["slice"].iloc[0])
    parts = found[best].parts
    plus = float(getattr(ground.compiled[name].measure, "plus", 0.0))
    frame = _frame(found[best].members, parts).assign(p=p_values[best], significant=standing[best])
    return Explained(
        kpi=ground.compiled[name].kpi,
        compared=compared,
        kind="sum" if parts.mix is None else "ratio",
        slice=best,
        before=parts.before + plus,
        after=parts.after + plus,
        frame=ranked(frame),
        tried=tried.drop(columns=["_none", "_much"]),
        searched=left_out is not None,
        left_out=left_out or 0,
        events=events_between(ground, compared),
    )


def _divided(found: Mapping[str, Sides]) -> Mapping[str, Sides]:
    """The slices that divide anything: with all rows in one member there is nothing to tell apart."""
    divided = {one: sides for one, sides in found.items() if ((sides.rows > 0).any(axis=0)).sum() > 1}
    return divided or found


def _frame(members: Sequence[str], parts: split.Split) -> pd.DataFrame:
    nothing = np.full(len(members), np.nan)
    return pd.DataFrame(
        {
            "member": list(members),
            "before": parts.figures[0],
            "after": parts.figures[1],
            "weight_before": parts.weights[0],
            "weight_after": parts.weights[1],
            "mix": nothing if parts.mix is None else parts.mix,
            "rate": nothing if parts.rate is None else parts.rate,
            "part": parts.parts,
            "share": parts.parts / parts.change if parts.change else nothing,
        }
    )
