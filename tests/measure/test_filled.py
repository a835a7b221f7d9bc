"""Figures in every period, and where they stand."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from cpm_core.measure import cells
from cpm_core.measure.cells import Parts, Places
from cpm_core.measure.figures import figures
from cpm_core.measure.filled import Filling
from cpm_core.measure.fused import Group
from cpm_core.model.measures import Quantile, Ratio, Total
from cpm_core.model.periods import Period
from cpm_core.model.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
PERIODS = [Period(JANUARY, FEBRUARY, "2024-01"), Period(FEBRUARY, date(2024, 3, 1), "2024-02")]
SETTINGS = Settings(as_of=date(2024, 2, 29), min_n=2)


def places(*rows: tuple[date, str, str]) -> Places:
    starts, slices, members = zip(*rows, strict=True) if rows else ((), (), ())
    words = (np.array(one, dtype=object) for one in (slices, members))
    return Places(np.array(starts, dtype="datetime64[s]"), *words)


def told(frame: pd.DataFrame, *names: str) -> list[tuple[object, ...]]:
    """Rows with month and member, NaN as None."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None) for name in names]
    months = [start.month for start in frame["period_start"]]
    return list(zip(months, frame["slice"], frame["member"], *columns, strict=True))


def filled(measure: object, parts: Parts) -> pd.DataFrame:
    group = Group("orders", "ordered_at", {"it": measure}, ())
    filling = Filling(group, PERIODS, SimpleNamespace(settings=SETTINGS))
    return filling.frame("it", figures(measure, parts, SETTINGS))


def test_a_total_without_rows_is_zero_and_a_ratio_undefined_in_the_order_of_periods_and_members():
    # North has rows in February alone, South in January alone.
    where = places((FEBRUARY, "region", "North"), (JANUARY, "", ""), (JANUARY, "region", "South"), (FEBRUARY, "", ""))
    parts = Parts(where, {"num": np.array([3.0, 5, 5, 3]), "n": np.array([1.0, 4, 4, 1])})
    assert told(filled(Total(1), parts), "value", "n", "state") == [
        (1, "", "", 5.0, 4.0, "ok"),
        (1, "region", "North", 0.0, 0.0, "ok"),
        (1, "region", "South", 5.0, 4.0, "ok"),
        (2, "", "", 3.0, 1.0, "ok"),
        (2, "region", "North", 3.0, 1.0, "ok"),
        (2, "region", "South", 0.0, 0.0, "ok"),
    ]
    sums = {"num": [1.0, 2, 2, 1], "den": [1.0, 4, 4, 1], "n": [1.0, 4, 4, 1], "nn": [1.0, 2, 2, 1]}
    sums |= {"dd": sums["den"], "nd": sums["num"]}
    ratio = filled(Ratio(1, 1), Parts(where, {name: np.array(one) for name, one in sums.items()}))
    assert told(ratio, "value", "denominator", "state") == [
        (1, "", "", 0.5, 4.0, "ok"),
        (1, "region", "North", None, 0.0, "undefined"),
        (1, "region", "South", 0.5, 4.0, "ok"),
        (2, "", "", 1.0, 1.0, "few"),
        (2, "region", "North", 1.0, 1.0, "few"),
        (2, "region", "South", None, 0.0, "undefined"),
    ]


def test_without_any_rows_there_is_the_total_of_every_period():
    nothing = np.array([])
    found = filled(Total(1), Parts(places(), {"num": nothing, "n": nothing}))
    assert told(found, "value", "state") == [(1, "", "", 0.0, "ok"), (2, "", "", 0.0, "ok")]
    times = Parts(places(), {"time": nothing, "events": nothing, "censored": nothing})
    assert told(filled(Quantile(1, event=True, q=0.5), times), "value", "n", "state") == [
        (1, "", "", None, 0.0, "undefined"),
        (2, "", "", None, 0.0, "undefined"),
    ]


def test_medians_are_of_the_times_of_one_place():
    where = places((JANUARY, "", ""), (FEBRUARY, "", ""), (JANUARY, "", ""), (JANUARY, "", ""))
    ones, none = np.ones(4), np.zeros(4)
    times = Parts(where, {"time": np.array([1.0, 7, 9, 2]), "events": ones, "censored": none})
    found = filled(Quantile(1, event=True, q=0.5), times)
    assert told(found, "value", "n", "state") == [(1, "", "", 2.0, 3.0, "ok"), (2, "", "", 7.0, 1.0, "few")]


def test_what_another_query_tells_is_put_beside_by_place():
    mine = Parts(places((JANUARY, "", ""), (FEBRUARY, "", ""), (FEBRUARY, "region", "a")), {"n": np.array([1, 2, 3])})
    theirs = Parts(places((FEBRUARY, "region", "a"), (JANUARY, "", "")), {"clusters": np.array([30.0, 10.0])})
    assert mine.beside(theirs)["clusters"].tolist()[::2] == [10.0, 30.0]
    assert np.isnan(mine.beside(theirs)["clusters"][1])
    nobody = Parts(places(), {"clusters": np.array([])})
    assert np.isnan(mine.beside(nobody)["clusters"]).tolist() == [True] * 3


def test_rows_of_an_engine_are_columns_with_nan_for_null():
    rows = pa.table(
        {
            "period_start": pa.array([JANUARY, FEBRUARY]),
            "slice": ["", "region"],
            "member": ["", "a"],
            "k0_num": pa.array([1.5, None]),
            "k1_num": pa.array([1, 2]),
        }
    )
    parts = cells.of_arrow(rows)
    assert parts.of("k1")["num"].tolist() == [1.0, 2.0]
    assert parts.of("k0")["num"][0] == 1.5
    assert np.isnan(parts.of("k0")["num"][1])
    assert parts.of("k0").frame()["period_start"].dt.month.tolist() == [1, 2]
    again = cells.of_frame(parts.frame())
    assert again.places.starts.tolist() == parts.places.starts.tolist()
