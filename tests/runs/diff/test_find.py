"""Which run `REPORT@previous` is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs.diff.find import find_run


def made(out: Path, as_of: str, finished: str, period: str = "") -> str:
    run = f"{as_of}-{finished[-2:]}000000"
    folder = out / "shop" / "runs" / run
    folder.mkdir(parents=True)
    record = {"run": run, "workbook": "shop", "as_of": as_of, "finished": finished, "period": period or as_of[:7]}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return run


def show(out: Path, run: str) -> None:
    (out / "shop" / "latest.json").write_text(json.dumps({"run": run}), encoding="utf-8")


def previous(out: Path) -> str:
    return find_run("shop@previous", out).id


def test_it_is_of_the_period_before_whenever_it_was_made(tmp_path):
    latest = made(tmp_path, "2024-03-31", "2024-04-01")
    show(tmp_path, latest)
    with pytest.raises(
        UsageError, match="'shop' has no run of an earlier period, nor of an earlier day, than 2024-03-3"
    ):
        previous(tmp_path)
    february = made(tmp_path, "2024-02-29", "2024-04-03")
    # A backfill that goes on backwards, and one of a later period that readers do not see.
    made(tmp_path, "2024-01-31", "2024-04-04")
    made(tmp_path, "2024-04-30", "2024-03-05")
    assert previous(tmp_path) == february


def test_of_a_day_that_was_made_again_it_is_what_readers_have_seen(tmp_path):
    seen = made(tmp_path, "2024-02-29", "2024-03-02")
    made(tmp_path, "2024-02-29", "2024-03-01")
    show(tmp_path, made(tmp_path, "2024-03-31", "2024-04-01"))
    made(tmp_path, "2024-02-29", "2024-04-05")
    assert previous(tmp_path) == seen


def test_within_the_first_period_it_is_the_run_before(tmp_path):
    first = made(tmp_path, "2024-03-30", "2024-03-31")
    show(tmp_path, made(tmp_path, "2024-03-31", "2024-04-02"))
    made(tmp_path, "2024-03-31", "2024-04-01")
    assert previous(tmp_path) == first
    february = made(tmp_path, "2024-02-29", "2024-04-03")
    assert previous(tmp_path) == february


def test_of_a_day_that_was_forced_it_is_the_one_made_before(tmp_path):
    first = made(tmp_path, "2024-03-31", "2024-04-01")
    show(tmp_path, made(tmp_path, "2024-03-31", "2024-04-02"))
    assert previous(tmp_path) == first
