"""The report's data, handed from a runner to its kernel."""

from __future__ import annotations

from dataclasses import replace

import pytest

import cpm_core as cpm
from cpm_core.data import WORK
from cpm_core.report.handed import FILE, hand, handed
from cpm_core.workbook import RUN, Workbook

KPIS = ["revenue", "orders"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed")
    (folder / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount,kind\n1,A,2024-01-05,10,sale\n2,B,2024-01-06,5,sale\n", encoding="utf-8"
    )
    params = folder / "own.yaml"
    params.write_text("as_of: 2024-01-31\nsources: [{use: files, tables: {orders: {path: orders.csv}}}]\n")
    return params


@pytest.fixture(scope="module")
def runner(file, tmp_path_factory):
    book = cpm.open(file, work=tmp_path_factory.mktemp("work"), kpis=KPIS)
    book.hand_over()
    return book


@pytest.fixture
def kernel(file, runner, monkeypatch):
    monkeypatch.setenv(WORK, str(runner.work))
    monkeypatch.setenv(RUN, "2024-01-31-abc")
    return cpm.open(file, kpis=KPIS)


def test_a_kernel_shows_what_its_runner_has_collected(runner, kernel, monkeypatch):
    monkeypatch.setattr(Workbook, "report_data", None)  # it collects nothing itself
    for section in ("headline", "scorecard", "trends", "quality", "provenance"):
        assert getattr(kernel.report, section)().html == getattr(runner.report, section)().html
    data = kernel.report.data
    assert data.kpis == tuple(kernel.registry.kpis[name].item for name in KPIS)
    assert set(data.facts["run"]) == {"2024-01-31-abc"}
    assert "_catalog" not in vars(kernel), "no table was asked for"


def test_what_fails_in_the_kernel_is_told(kernel, monkeypatch):
    before = kernel.report.data
    assert kernel.tables["orders"].count().execute() == 2
    assert kernel.report.data is before
    monkeypatch.setattr(Workbook, "failed", lambda _: ["a rule of a plugin"])
    assert kernel.report.data.provenance["failed"] == ["a rule of a plugin"]


def test_another_workbook_does_not_see_it(file, runner, monkeypatch):
    monkeypatch.setenv(WORK, str(runner.work))
    book = cpm.open(file, kpis=["orders"])
    assert [kpi.id for kpi in book.report.data.kpis] == ["orders"]


def test_nothing_is_handed_over_once_something_has_failed(file, tmp_path, monkeypatch):
    book = cpm.open(file, work=tmp_path, kpis=KPIS)
    monkeypatch.setattr(Workbook, "failed", lambda _: ["a rule of a plugin"])
    book.hand_over()
    assert not list(tmp_path.glob(f"{FILE}*"))


def test_what_cannot_travel_is_left(runner, tmp_path):
    data, kpis = runner.report.data, {name: one.item for name, one in runner.registry.kpis.items()}
    hand(replace(data, provenance={"of a plugin": lambda: 0}), tmp_path, kpis)
    assert not list(tmp_path.iterdir())
    hand(data, tmp_path, {})
    assert not list(tmp_path.iterdir())
    assert handed(tmp_path, kpis) is None
