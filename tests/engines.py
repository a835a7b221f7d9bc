"""Are the facts of two engines the same?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cpm_core.model.facts import FACT_COLUMNS

KEY = ["kpi", "period", "slice", "member"]
NUMBERS = ["value", "numerator", "denominator", "n", "low", "high"]
TOLERANCE = 1e-9
"""Relative, or of a figure's scale where it is near zero."""


def same_facts(ours: pd.DataFrame, theirs: pd.DataFrame, exact: frozenset[str] = frozenset()) -> None:
    """See that two tables of facts say the same.

    Words, states, reasons, completeness and definitions are equal, and so are counts of rows and
    every number of the KPIs named in ``exact`` (sums of counts and of decimals); other numbers are
    within 1e-9, relative to the larger of the figure and its KPI's greatest one in the slice.
    """
    columns = [name for name in FACT_COLUMNS if name not in ("workbook", "run", *KEY, *NUMBERS)]
    a, b = (frame.sort_values(KEY, ignore_index=True) for frame in (ours, theirs))
    pd.testing.assert_frame_equal(a[KEY], b[KEY], check_dtype=False)
    for name in columns:
        differs = (a[name] != b[name]) & ~(a[name].isna() & b[name].isna())
        assert not differs.any(), _shown(a, b, differs, name)
    for name in NUMBERS:
        equal = (a["kpi"].isin(exact) & (name in ("value", "numerator", "denominator"))) | (name == "n")
        differs = ~_near(a, b, name, np.where(equal, 0.0, TOLERANCE))
        assert not differs.any(), _shown(a, b, differs, name)


def _near(a: pd.DataFrame, b: pd.DataFrame, name: str, tolerance: np.ndarray) -> pd.Series:
    scale = a[name].abs().groupby([a["kpi"], a["slice"]]).transform("max")
    return (a[name] == b[name]) | (a[name].isna() & b[name].isna()) | ((a[name] - b[name]).abs() <= tolerance * scale)


def _shown(a: pd.DataFrame, b: pd.DataFrame, differs: pd.Series, name: str) -> str:
    both = a.loc[differs, KEY].assign(ours=a.loc[differs, name], theirs=b.loc[differs, name])
    return f"{int(differs.sum())} of {len(a)} facts differ in {name}:\n{both.head(20).to_string()}"
