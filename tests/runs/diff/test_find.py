"""Which run `REPORT@previous` is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs.diff.find import find_run


def made(out: Path, as_of: str, finished: str) -> str:
    run = f"{as_of}-{finished[-2:]}000000"
    folder = out / "shop" / "runs" / run
    folder.mkdir(parents=True)
    record = {"run": run, "workbook": "shop", "as_of": as_of, "finished": finished}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return run


def show(out: Path, run: str) -> None:
    (out / "shop" / "latest.json").write_text(json.dumps({"run": run}), encoding="utf-8")


def test_it_was_made_before_the_latest(tmp_path):
    first, latest = made(tmp_path, "2024-03-31", "2024-04-01"), made(tmp_path, "2024-02-29", "2024-04-02")
    show(tmp_path, latest)
    assert find_run("shop@previous", tmp_path).id == first


def test_after_a_backfill_it_is_of_the_day_before(tmp_path):
    latest = made(tmp_path, "2024-03-31", "2024-04-01")
    show(tmp_path, latest)
    with pytest.raises(UsageError, match="'shop' has no run before 2024-03-31"):
        find_run("shop@previous", tmp_path)
    made(tmp_path, "2024-01-31", "2024-04-02")
    february = made(tmp_path, "2024-02-29", "2024-04-03")
    assert find_run("shop@previous", tmp_path).id == february
