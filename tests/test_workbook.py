"""What the workbook's object does beside its rooms."""

from __future__ import annotations

import gc
from datetime import datetime

import pytest

import cpm_core as cpm
from cpm_core.model.errors import MeasureError


@pytest.fixture
def params(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount,kind\n1,A,2024-01-05,10,sale\n2,B,2024-01-06,5,sale\n", encoding="utf-8"
    )
    file = tmp_path / "own.yaml"
    file.write_text("as_of: 2024-01-31\nsources: [{use: files, tables: {orders: {path: orders.csv}}}]\n")
    return file


def test_a_table_outlives_its_workbook(params):
    orders = cpm.open(params).tables["orders"]
    gc.collect()
    assert orders.ordered_at.max().execute() == datetime(2024, 1, 6)


def test_a_temporary_folder_goes_with_its_workbook(params):
    book = cpm.open(params)
    book.facts()
    folder = book.work
    assert (folder / "identity").is_file()
    del book
    gc.collect()
    assert not folder.exists()


def test_tables_are_named_like_a_mapping(params):
    tables = cpm.open(params).tables
    assert {"orders", "customers", "customer_periods"} <= set(tables)
    with pytest.raises(MeasureError, match="nearest: orders"):
        tables["order"]


def test_workbooks_of_equal_sources_share_their_tables(params, tmp_path):
    shared = tmp_path / "shared"
    one = cpm.open(params, shared=shared, work=tmp_path / "one")
    two = cpm.open(params, shared=shared, work=tmp_path / "two", locale="zh", period="week")
    other = cpm.open(params, shared=shared, work=tmp_path / "other", as_of="2024-01-05")
    for book in (one, two, other):
        book.facts()
    assert one.tables_folder == two.tables_folder != other.tables_folder
    assert len(list(shared.iterdir())) == 2


def test_unknown_names_are_told_with_the_nearest(params):
    book = cpm.open(params)
    with pytest.raises(MeasureError, match="nearest: revenue"):
        book.kpi("revenu")
    with pytest.raises(MeasureError, match="there is no customer 'C'"):
        book.customer("C")
