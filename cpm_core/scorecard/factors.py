"""The change of a product by its factors."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cpm_core.measure.facts import Measured
from cpm_core.model.errors import MeasureError
from cpm_core.model.periods import Period
from cpm_core.model.text import Text
from cpm_core.scorecard import build, split
from cpm_core.scorecard.compared import Compared, Ground, events_between, measured
from cpm_core.scorecard.explained import TRIED_COLUMNS, Explained, ranked
from cpm_core.scorecard.sides import TOLERANCE
from cpm_core.scorecard.unexplained import unexplained

_NO_FACTOR = Text(en="{kpi} has no complete figure for {period} ({why})", zh="{kpi}在 {period} 没有完整数值（{why}）")


def factor_of(written: str) -> tuple[str, bool]:
    """The KPI that a factor names, and whether what its share leaves is meant (`1 - return_rate`)."""
    rest = written.replace(" ", "")
    return (rest[2:], True) if rest.startswith("1-") else (rest, False)


def by_factors(ground: Ground, name: str, compared: Compared) -> Explained:
    """The change of a product, by the Shapley values of its factors.

    Raises:
        MeasureError: The KPI is no product, or a factor is not known in both periods.
    """
    kpi = ground.compiled[name].kpi
    if not kpi.factors:
        raise MeasureError(f"{name!r} is no product of other KPIs", fix=f"Split it by a slice: `book.why({name!r})`.")
    ids = [factor_of(one)[0] for one in kpi.factors]
    needed = {name, *ids, *(part for one in ids for part in ground.compiled[one].parts)}
    found = measured(ground, needed, [compared.then, compared.now], ())
    values = np.array(
        [[_factor(ground, found, one, period) for one in kpi.factors] for period in (compared.then, compared.now)]
    )
    whole = build.series_of(found, ground.compiled[name])
    for side, period in enumerate((compared.then, compared.now)):
        figure, product = float(whole.facts[period.start]["value"]), float(np.prod(values[side]))
        if abs(product - figure) > TOLERANCE * abs(figure):
            raise MeasureError(f"{name!r} is {figure:g} in {period.label}, and the product of its factors {product:g}")
    parts = split.shapley(values[0], values[1])
    change = float(np.prod(values[1]) - np.prod(values[0]))
    nothing = np.full(len(parts), np.nan)
    frame = pd.DataFrame({"member": list(kpi.factors), "before": values[0], "after": values[1], "part": parts})
    frame = frame.assign(share=parts / change if change else nothing, significant=False)
    return Explained(
        kpi=kpi,
        compared=compared,
        kind="factors",
        slice="",
        before=float(np.prod(values[0])),
        after=float(np.prod(values[1])),
        frame=ranked(frame),
        tried=pd.DataFrame(columns=list(TRIED_COLUMNS)),
        searched=False,
        left_out=0,
        events=events_between(ground, compared),
    )


def _factor(ground: Ground, found: Measured, written: str, period: Period) -> float:
    name, rest = factor_of(written)
    fact = build.series_of(found, ground.compiled[name]).facts[period.start]
    if not (fact["complete"] and math.isfinite(fact["value"])):
        reason = _NO_FACTOR.format(kpi=ground.compiled[name].kpi.title, period=period.label, why=fact["reason"])
        raise unexplained("the change does not split into factors: {reason}", reason)
    return 1 - float(fact["value"]) if rest else float(fact["value"])
