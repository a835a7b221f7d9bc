"""The demo's stages, cohorts and concentration are the same on every engine."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import cpm_core as cpm


def demo(repository, folder, engine):
    """Frames of the demo on an engine, by what they are."""
    book = cpm.open(repository / "params" / "demo.yaml", engine=engine, history=12, work=folder / "work")
    try:
        concentration = book.concentration()
        return {
            "stages": book.customers().sort_values("customer_id")[["customer_id", "stage", "stage_reason"]],
            "moves": book.stage_moves().frame,
            "matrix": book.stage_moves().matrix,
            "customers": book.cohorts().frame,
            "revenue": book.cohorts("revenue").frame,
            "tops": concentration.tops,
            "curve": concentration.frame,
            "largest": concentration.largest,
        }
    finally:
        book.close(dropping=folder)
        shutil.rmtree(folder / "work")


@pytest.fixture(scope="module")
def on_duckdb(repository, tmp_path_factory):
    return demo(repository, tmp_path_factory.mktemp("duckdb"), {"backend": "duckdb"})


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["postgres", "spark"])
def test_an_engine_has_the_customers_of_duckdb(request, repository, tmp_path, on_duckdb, backend):
    theirs = demo(repository, tmp_path, request.getfixturevalue(backend))
    for name, frame in on_duckdb.items():
        assert len(frame), name
        pd.testing.assert_frame_equal(
            frame.reset_index(drop=True), theirs[name].reset_index(drop=True), check_dtype=False, rtol=1e-9, obj=name
        )
