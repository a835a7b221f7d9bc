"""Conditions in fewer words: on every row they say what the longer ones said, by DuckDB's own word."""

from itertools import product

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpm_core.measure.truth import FALSE, TRUE, holds

TABLE = ibis.table({"kind": "string", "amount": "decimal(18,4)", "cost": "float64", "vip": "boolean"}, name="rows")
SALE = TABLE.kind == "sale"
KINDS, NUMBERS = ("sale", "return", None), (-2, 0, 3, None)


@pytest.fixture(scope="module")
def connection():
    found = ibis.duckdb.connect()
    rows = product(KINDS, NUMBERS, NUMBERS, (True, False, None))
    frame = pd.DataFrame(rows, columns=["kind", "amount", "cost", "vip"]).convert_dtypes()
    found.create_table("given", frame)
    found.create_view("rows", found.table("given").cast(TABLE.schema()))
    yield found
    found.disconnect()


CONDITIONS = st.sampled_from([SALE, TABLE.kind == "return", TABLE.vip, TABLE.vip != False, TABLE.amount > TABLE.cost])  # noqa: E712  # a column is compared, not a truth
LEAVES = st.sampled_from([TABLE.amount, TABLE.cost, ibis.literal(0), ibis.literal(1), ibis.null("float64")])


def numbers(inner):
    """Larger numbers out of smaller ones."""
    return st.one_of(
        st.builds(lambda c, a, b: c.ifelse(a, b), truths(inner), inner, inner),
        st.builds(lambda a, b: a - b, inner, inner),
        st.builds(lambda a: -a, inner),
        st.builds(lambda a: a.abs(), inner),
        st.builds(lambda a: a.cast("float64"), inner),
        st.builds(lambda c: c.cast("int64"), CONDITIONS),
    )


def truths(inner):
    """Conditions of numbers, and of each other."""
    plain = st.one_of(
        CONDITIONS,
        st.builds(lambda a: a.notnull(), inner),
        st.builds(lambda a: a.cast("float64") != ibis.literal(0), inner),
    )
    both = st.builds(lambda a, b, either: a | b if either else a & b, plain, plain, st.booleans())
    return st.one_of(
        plain, both, st.builds(lambda a: a.fill_null(False), both), st.builds(lambda a, b: a & b, both, both)
    )


NUMBERS_OF = st.recursive(LEAVES, numbers, max_leaves=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(truths(NUMBERS_OF), min_size=10, max_size=10))
def test_the_same_rows_hold(connection, conditions):
    pairs = {}
    for i, one in enumerate(conditions):
        pairs |= {f"long_{i}": one.fill_null(False), f"short_{i}": holds(one.op()).to_expr().fill_null(False)}
    found = connection.to_pandas(TABLE.select(**pairs))
    for i, one in enumerate(conditions):
        assert (found[f"long_{i}"] == found[f"short_{i}"]).all(), str(one)


def test_layers_of_a_share_become_one_comparison():
    sold, back = SALE.ifelse(TABLE.amount, 0), SALE.ifelse(0, -TABLE.amount)
    counts = sold.notnull() & back.notnull() & ((back != 0) | (sold != 0))
    assert holds(counts.op()) == (TABLE.amount != ibis.literal(0, "int8")).op()


def test_what_always_or_never_holds():
    assert holds((SALE.cast("int64").fill_null(0).notnull() | ibis.literal(True)).op()) == TRUE
    assert holds((SALE & ibis.literal(False)).op()) == FALSE
    # Spark has no words for a chain of IS NOT NULL.
    assert holds(TABLE.cost.notnull().notnull().op()) == TRUE
    assert holds((SALE.ifelse(1, 2) != 0).op()) == TRUE
