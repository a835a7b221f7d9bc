from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cpm_core.model.errors import RunError, UsageError
from cpm_core.runs.schedule.cron import schedule_of
from cpm_core.runs.schedule.due import Policy
from cpm_core.runs.schedule.running import Job, instant, not_over, run_due, show_due
from cpm_core.runs.schedule.state import STATE, last_done

DAILY = schedule_of("30 2 * * *", "Europe/Berlin")


class Runner:
    """Notes the as-of days that it is called with; its exit codes are said before."""

    def __init__(self, *codes: int) -> None:
        self.days: list[str] = []
        self.codes = list(codes)

    def __call__(self, as_of) -> int:
        self.days.append(str(as_of))
        return self.codes.pop(0) if self.codes else 0


def call(job: Job, now: datetime, runner: Runner) -> int:
    return run_due(job, job.due(now), runner, now)


def job(tmp_path, missed="all", reports=("shop",), schedule=DAILY) -> Job:
    return Job(schedule, Policy(missed), tuple(tmp_path / name for name in reports))


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_woken_each_quarter_of_an_hour_it_runs_once_on_a_day_when_the_clocks_change(tmp_path, day):
    schedule, runner = job(tmp_path), Runner()
    start = at(day) - timedelta(days=1, hours=2)
    for quarter in range(3 * 96):
        assert call(schedule, start + timedelta(minutes=15 * quarter), runner) == 0
    before = at(day).date() - timedelta(days=1)
    # The first finds no record, and begins with the tick before it.
    assert runner.days[1:] == [str(before - timedelta(days=1)), str(before), str(before + timedelta(days=1))]


def test_after_an_outage_all_are_made_oldest_first_and_one_that_fails_stops_nothing(tmp_path):
    schedule, runner = job(tmp_path), Runner()
    call(schedule, at("2026-06-01T02:00"), runner)
    runner.codes = [0, 1, 0]
    assert call(schedule, at("2026-06-04T12:00"), runner) == 3
    assert runner.days == ["2026-05-31", "2026-06-01", "2026-06-02", "2026-06-03"]
    # What failed is told, and not tried again by each call.
    assert call(schedule, at("2026-06-04T12:15"), runner) == 0
    assert len(runner.days) == 4
    about = json.loads((tmp_path / "shop" / STATE).read_text(encoding="utf-8"))
    ticks = about["schedules"]["30 2 * * * Europe/Berlin"]["ticks"]
    assert [(one["as_of"], one["exit_code"]) for one in ticks] == [
        ("2026-05-31", 0),
        ("2026-06-01", 0),
        ("2026-06-02", 1),
        ("2026-06-03", 0),
    ]


@pytest.mark.parametrize("code", [2, 4, 130, 143])
def test_what_was_not_begun_or_was_stopped_stays_due(tmp_path, code):
    schedule, runner = job(tmp_path), Runner(code)
    assert call(schedule, at("2026-06-01T02:00"), runner) == code
    assert last_done(tmp_path / "shop", DAILY) is None
    assert call(schedule, at("2026-06-01T02:15"), runner) == 0
    assert runner.days == ["2026-05-31", "2026-05-31"]


def test_what_is_left_out_is_told_and_noted(tmp_path, capsys):
    schedule, runner = job(tmp_path, "latest"), Runner()
    call(schedule, at("2026-06-01T02:00"), runner)
    call(schedule, at("2026-06-03T12:00"), runner)
    assert runner.days == ["2026-05-31", "2026-06-02"]
    assert capsys.readouterr().err == "left out: 2026-06-02 02:30 Europe/Berlin, as of 2026-06-01\n"
    whats = [
        one["what"] for one in json.loads((tmp_path / "shop" / STATE).read_text())["schedules"].popitem()[1]["ticks"]
    ]
    assert whats == ["run", "skipped", "run"]


def test_two_schedules_of_one_report_do_not_take_each_other_for_done(tmp_path):
    monthly = job(tmp_path, schedule=schedule_of("30 2 1 * *", "Europe/Berlin"))
    runner = Runner()
    call(job(tmp_path), at("2026-06-01T02:00"), runner)
    call(monthly, at("2026-06-01T02:00"), runner)
    assert len(runner.days) == 2


def test_of_several_reports_the_one_that_is_farthest_behind_counts(tmp_path):
    runner = Runner()
    call(job(tmp_path, reports=("shop",)), at("2026-06-03T02:00"), runner)
    call(job(tmp_path, reports=("mill",)), at("2026-06-01T02:00"), runner)
    runner.days.clear()
    call(job(tmp_path, reports=("shop", "mill")), at("2026-06-03T02:15"), runner)
    assert runner.days == ["2026-06-01", "2026-06-02"]


def test_a_report_that_joins_the_others_begins_with_the_latest_tick(tmp_path):
    runner = Runner()
    call(job(tmp_path, reports=("shop",)), at("2026-06-03T02:00"), runner)
    both = job(tmp_path, reports=("shop", "mill"))
    assert [call(both, at("2026-06-03T02:15"), runner) for _ in range(2)] == [0, 0]
    assert runner.days == ["2026-06-02", "2026-06-02"]


def test_a_folder_that_cannot_be_written_is_told_and_the_tick_stays_due(tmp_path):
    (tmp_path / "shop").write_text("in the way", encoding="utf-8")
    with pytest.raises(RunError, match="cannot be written down"):
        call(job(tmp_path), at("2026-06-01T02:00"), Runner())


def test_a_record_that_cannot_be_read_begins_anew(tmp_path):
    (tmp_path / "shop").mkdir()
    for text in ("", "[]", '{"schedules": {"30 2 * * * Europe/Berlin": {"last": "soon"}}}'):
        (tmp_path / "shop" / STATE).write_text(text, encoding="utf-8")
        runner = Runner()
        assert call(job(tmp_path), at("2026-06-01T02:00"), runner) == 0
        assert runner.days == ["2026-05-31"]


def test_an_older_tick_that_is_run_again_moves_nothing_back(tmp_path):
    schedule, runner = job(tmp_path), Runner()
    now = at("2026-06-03T02:00")
    call(schedule, now, runner)
    assert run_due(schedule, schedule.one(at("2026-05-20T01:00"), now), runner, now) == 0
    assert runner.days == ["2026-06-02", "2026-05-19"]
    assert last_done(tmp_path / "shop", DAILY) == at("2026-06-03T00:30")


def test_what_is_due_is_shown(tmp_path, capsys):
    schedule = job(tmp_path)
    now = at("2026-03-28T12:00")
    show_due(schedule, schedule.due(now), now)
    assert capsys.readouterr().out == (
        "due: 2026-03-28 02:30 Europe/Berlin, as of 2026-03-27\nnext: 2026-03-29 03:00 Europe/Berlin, as of 2026-03-28\n"
    )


def test_an_instant_has_an_offset():
    assert instant("2026-02-01T06:00+08:00") == datetime(2026, 1, 31, 22, tzinfo=UTC)
    for words in ("2026-02-01T06:00", "now"):
        with pytest.raises(UsageError, match="is no instant"):
            instant(words)


def test_a_day_that_is_not_over_where_the_workbook_is_is_noticed():
    # 06:00 on 1 February in Shanghai is 22:00 of 31 January in London.
    schedule = schedule_of("0 6 1 * *", "Asia/Shanghai")
    zones = ["Asia/Shanghai", "Europe/London", "Asia/Tokyo"]
    assert not_over(schedule, zones, at("2026-01-15T00:00")) == ["Europe/London"]
    assert not_over(schedule_of("0 9 1 * *", "Asia/Shanghai"), zones, at("2026-01-15T00:00")) == []
