"""The demo's whole facts table is the same on every engine."""

from __future__ import annotations

import shutil

import pytest

import cpm_core as cpm
from cpm_core.model.measures import Distinct, Ratio, Total
from tests.engines import same_facts
from tests.shared_books import opened, shared_folder

SLICES = ["region", "orders.channel", "service_team", "tier"]


@pytest.fixture(scope="module")
def duckdb_facts(repository, tmp_path_factory):
    """The facts of the demo, and the KPIs whose numbers are sums of counts and decimals."""
    path, shared = repository / "params" / "demo.yaml", shared_folder(tmp_path_factory)
    book = opened(path, shared, "demo_by_tier", history=12, slices=SLICES)
    exact = [name for name, one in book.compiled.items() if isinstance(one.measure, (Total, Distinct, Ratio))]
    yield book.facts(), frozenset(exact)
    book.close()


def facts_on(engine, repository, folder):
    """The facts of the demo on another engine."""
    book = cpm.open(repository / "params" / "demo.yaml", engine=engine, history=12, slices=SLICES, work=folder / "work")
    try:
        return book.facts()
    finally:
        book.close(dropping=folder)
        shutil.rmtree(folder / "work")


@pytest.mark.parametrize("backend", ["postgres"])
def test_an_engine_has_the_figures_of_duckdb(request, repository, tmp_path, duckdb_facts, backend):
    ours, exact = duckdb_facts
    theirs = facts_on(request.getfixturevalue(backend), repository, tmp_path)
    assert len(ours) > 10_000
    assert set(ours["state"]) >= {"ok", "few", "no data"}
    assert not {"failed", "blocked"} & set(ours["state"])
    same_facts(ours, theirs, exact)
