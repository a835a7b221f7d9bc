from __future__ import annotations

import os
import time

import pytest

from cpm_core.cli import main
from cpm_core.model.errors import UsageError
from cpm_core.runs.prune import prune
from cpm_core.runs.publish import ReportFolder

DAYS = ("2024-01-31-aaaaaaaa", "2024-02-29-bbbbbbbb", "2024-03-31-cccccccc", "2024-04-30-dddddddd")


@pytest.fixture
def out(tmp_path, published, monkeypatch):
    """A report of four as-of days, made a day after another, of which readers see the last one."""
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "reports" / "shop"
    for number, name in enumerate(DAYS, 1):
        published(report, name, finished=f"2024-05-0{number}T06:00:00.000+00:00")
    see(report, DAYS[-1])
    return tmp_path / "reports"


def see(report, name):
    (report / "latest").unlink(missing_ok=True)
    (report / "latest").symlink_to(f"runs/{name}")
    (report / "latest.json").write_text(f'{{"run": "{name}"}}', encoding="utf-8")


def runs(out, report="shop"):
    return sorted(path.name for path in (out / report / "runs").iterdir())


def test_the_runs_of_the_latest_days_stay_and_the_page_is_written_anew(out, capsys):
    assert prune(out, [], 2) == 0
    assert runs(out) == list(DAYS[2:])
    assert capsys.readouterr().out == f"removed reports/shop/runs/{DAYS[0]}\nremoved reports/shop/runs/{DAYS[1]}\n"
    page = (out / "index.html").read_text(encoding="utf-8")
    assert [name in page for name in DAYS] == [False, False, True, True]
    assert list((out / "shop").glob(".work-*")) == []


def test_a_dry_run_tells_the_same_and_changes_nothing(out, capsys):
    assert main(["runs", "prune", "--keep", "2", "--dry-run"]) == 0
    assert runs(out) == list(DAYS)
    assert capsys.readouterr().out.splitlines()[0] == f"would remove reports/shop/runs/{DAYS[0]}"
    assert not (out / "index.html").exists()


def test_what_readers_see_stays_though_it_is_old(out):
    see(out / "shop", DAYS[0])
    prune(out, ["shop"], 1)
    assert runs(out) == [DAYS[0], DAYS[3]]


def test_the_last_good_one_stays_though_worse_ones_are_newer(out):
    for name in DAYS[2:]:
        (out / "shop" / "runs" / name / "report.html").unlink()
    prune(out, [], 1)
    # By hand: of the whole ones February is the last; April is what readers see, and the newest.
    assert runs(out) == [DAYS[1], DAYS[3]]


def test_only_what_is_older_goes(out, published):
    made = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    published(out / "shop", "2023-12-31-eeeeeeee", finished=made)
    assert prune(out, [], 1, older_than=1) == 0
    assert runs(out) == ["2023-12-31-eeeeeeee", DAYS[3]]


def test_a_run_whose_record_cannot_be_read_stays(out):
    (out / "shop" / "runs" / DAYS[0] / "run.json").write_text("{", encoding="utf-8")
    prune(out, [], 1)
    assert runs(out) == [DAYS[0], DAYS[3]]


def test_what_is_kept_of_failed_runs_goes_too(out):
    for age, name in enumerate(("new", "older", "oldest")):
        kept = out / "shop" / "failed" / name
        kept.mkdir(parents=True)
        (kept / "error.txt").touch()
        os.utime(kept, (time.time() - age * 86400,) * 2)
    prune(out, [], 2)
    assert sorted(path.name for path in (out / "shop" / "failed").iterdir()) == ["new", "older"]


def test_members_of_a_grid_are_reports_and_one_that_is_being_made_is_left(out, published, capsys):
    for name in DAYS:
        published(out / "shop" / "region=north", name, finished="2024-05-01T06:00:00.000+00:00")
    with ReportFolder(out / "shop").held():
        assert prune(out, [], 1) == 4
    assert runs(out) == list(DAYS)
    assert runs(out, "shop/region=north") == [DAYS[3]]
    assert "left reports/shop: a run is under way" in capsys.readouterr().out


def test_reports_that_are_not_there_are_named(out):
    with pytest.raises(UsageError, match=r"there is no report 'shpo' \(nearest: shop\)"):
        prune(out, ["shpo"], 1)
    with pytest.raises(UsageError, match="there is no folder"):
        prune(out / "none", [], 1)
