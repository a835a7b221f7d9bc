"""The hand-worked tests of the KPIs, on PostgreSQL and Spark too: their tables and queries as one batch."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cpm_core.engine.open import open_engine
from cpm_core.params.engine import Engine as Asked
from tests.engine import hand_worked

FILES = sorted(
    [*Path("tests/measure").glob("test_*_kpis.py"), Path("tests/measure/test_service_clocks.py")],
)
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def record(repository):
    return hand_worked.run_tests([repository / file for file in FILES])


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["postgres", "spark"])
def test_hand_worked_figures_are_the_same(request, record, tmp_path, backend):
    asked = Asked.model_validate(request.getfixturevalue(backend))
    engine = open_engine(asked, tmp_path / "scratch", tmp_path)
    folder = tmp_path / "tables"
    try:
        answers = hand_worked.answers(engine, record, folder)
    finally:
        engine.drop(folder)
        engine.close()
    assert len(answers) > 100
    wrong = [(q.expression, q.answer, a) for q, a in zip(record.queries, answers, strict=True) if not same(q.answer, a)]
    shown = "\n\n".join(f"{e}\nDuckDB:\n{ours}\n{backend}:\n{theirs}" for e, ours, theirs in wrong[:4])
    assert not wrong, f"{len(wrong)} of {len(answers)} answers differ:\n{shown}"


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    """Whether two answers have the same rows: whole and exact numbers equal, others within 1e-9, in any order."""
    if list(ours.columns) != list(theirs.columns) or len(ours) != len(theirs):
        return False
    a, b = _ordered(ours), _ordered(theirs)
    return all(_equal(a[name], b[name]) for name in a.columns)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    plain = frame.apply(_plain)
    exact = [name for name in plain.columns if plain[name].dtype != "float64"]
    others = [name for name in plain.columns if name not in exact]
    return plain.sort_values([*exact, *others], ignore_index=True)


def _plain(column: pd.Series) -> pd.Series:
    """Numbers as floats, all else as text: decimals exactly, days as their midnight, `-` for nothing."""
    cells = column.dropna()
    first = cells.iloc[0] if len(cells) else None
    if isinstance(first, Decimal):
        return column.map(lambda cell: "-" if pd.isna(cell) else f"{cell:.12f}")
    if hasattr(first, "isoformat"):
        return pd.to_datetime(column).dt.strftime("%Y-%m-%d %H:%M:%S.%f").fillna("-")
    if first is not None and pd.api.types.is_number(first) and not isinstance(first, bool | np.bool_):
        return column.astype("float64")
    return column.map(lambda cell: "-" if pd.isna(cell) else str(cell)).astype("str")


def _equal(a: pd.Series, b: pd.Series) -> bool:
    if a.dtype != "float64" or b.dtype != "float64":
        return bool((a.astype("str") == b.astype("str")).all())
    scale = max(float(a.abs().max() or 0), 1e-300)
    return bool((((a - b).abs() <= TOLERANCE * scale) | (a.isna() & b.isna())).all())
