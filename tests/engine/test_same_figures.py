"""The demo's whole facts table is the same on every engine."""

from __future__ import annotations

import shutil

import pytest

import cpm_core as cpm
from cpm_core.model.measures import Distinct, Ratio, Total
from tests.engines import same_facts

SLICES = ["region", "orders.channel", "service_team", "tier"]


def demo(repository, folder, engine):
    """The facts of the demo on an engine, and the KPIs whose numbers are sums of counts and decimals."""
    book = cpm.open(repository / "params" / "demo.yaml", engine=engine, history=12, slices=SLICES, work=folder / "work")
    try:
        exact = [name for name, one in book.compiled.items() if isinstance(one.measure, (Total, Distinct, Ratio))]
        return book.facts(), frozenset(exact)
    finally:
        book.close(dropping=folder)
        shutil.rmtree(folder / "work")


@pytest.fixture(scope="module")
def duckdb_facts(repository, tmp_path_factory):
    return demo(repository, tmp_path_factory.mktemp("duckdb"), {"backend": "duckdb"})


@pytest.mark.parametrize("backend", ["postgres"])
def test_an_engine_has_the_figures_of_duckdb(request, repository, tmp_path, duckdb_facts, backend):
    ours, exact = duckdb_facts
    theirs, _ = demo(repository, tmp_path, request.getfixturevalue(backend))
    assert len(ours) > 10_000
    assert set(ours["state"]) >= {"ok", "few", "no data"}
    assert not {"failed", "blocked"} & set(ours["state"])
    same_facts(ours, theirs, exact)
