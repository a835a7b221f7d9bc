from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from cpm_core.runs.failed import not_made
from cpm_core.runs.status import Status, write_status

DAY = "2024-03-31"


def to_make(out, name="shop"):
    """Whether the report of a day is among those to be made."""
    asked = SimpleNamespace(request=SimpleNamespace(report=name), params=SimpleNamespace(as_of=date.fromisoformat(DAY)))
    return not_made([asked], out) == [asked]


@pytest.fixture
def report(tmp_path):
    """The folder of a report."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


def test_one_that_was_never_made_is(tmp_path):
    assert to_make(tmp_path)


@pytest.mark.parametrize(
    ("state", "made"), [("published", False), ("unchanged", False), ("failed", True), ("died", True)]
)
def test_the_last_attempt_tells(report, state, made):
    write_status(report, Status(state, "shop", as_of=DAY))
    assert to_make(report.parent) is made


def test_one_that_failed_before_its_day_was_known_is_made(report):
    write_status(report, Status("failed", "shop"))
    assert to_make(report.parent)


def test_of_another_day_the_published_runs_tell(report, published):
    write_status(report, Status("failed", "shop", as_of="2024-02-29"))
    assert to_make(report.parent)
    published(report, f"{DAY}-12345678")
    assert not to_make(report.parent)


def test_runs_from_before_attempts_were_noted_count(report, published):
    published(report, f"{DAY}-12345678")
    assert not to_make(report.parent)
    assert to_make(report.parent, "other")
