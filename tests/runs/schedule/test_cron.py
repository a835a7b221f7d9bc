from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.cron import Schedule, schedule_of

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "America/Santiago", "UTC")


def local(zone: str, words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def between(cron: str, zone: str, first: str, last: str) -> list[str]:
    """Ticks from one local day to another, both inclusive, in the zone's time with its offset."""
    schedule = schedule_of(cron, zone)
    end = local(zone, f"{last}T23:59:59")
    return [
        schedule.local(tick).isoformat(timespec="minutes")
        for tick in schedule.ticks(local(zone, f"{first}T00:00") - timedelta(seconds=1), end)
    ]


@pytest.mark.parametrize(
    ("zone", "first", "last", "expected"),
    [
        # 02:30 does not exist: clocks go from 02:00 to 03:00.
        ("Europe/Berlin", "2026-03-28", "2026-03-30", ["28T02:30+01:00", "29T03:00+02:00", "30T02:30+02:00"]),
        # 02:30 is there twice: the first one counts.
        ("Europe/Berlin", "2026-10-24", "2026-10-26", ["24T02:30+02:00", "25T02:30+02:00", "26T02:30+01:00"]),
        ("America/New_York", "2026-03-07", "2026-03-09", ["07T02:30-05:00", "08T03:00-04:00", "09T02:30-04:00"]),
        ("America/New_York", "2026-10-31", "2026-11-02", ["31T02:30-04:00", "01T02:30-05:00", "02T02:30-05:00"]),
        # Half an hour: from 02:00 to 02:30, and back from 02:00 to 01:30.
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-05", ["03T02:30+10:30", "04T02:30+11:00", "05T02:30+11:00"]),
        ("Australia/Lord_Howe", "2026-04-04", "2026-04-06", ["04T02:30+11:00", "05T02:30+10:30", "06T02:30+10:30"]),
        ("Asia/Shanghai", "2026-03-28", "2026-03-30", ["28T02:30+08:00", "29T02:30+08:00", "30T02:30+08:00"]),
    ],
    ids=str,
)
def test_at_half_past_two_there_is_one_run_on_each_day(zone, first, last, expected):
    assert [tick[8:] for tick in between("30 2 * * *", zone, first, last)] == expected


def test_a_time_in_the_half_hour_that_lord_howe_skips_comes_at_its_end_and_one_that_is_twice_comes_once():
    spring = between("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-04")
    assert spring == ["2026-10-04T02:30+11:00"]
    autumn = between("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-05")
    assert autumn == ["2026-04-05T01:45+11:00"]


def test_two_times_that_fall_on_one_instant_are_one_tick():
    assert between("0 2,3 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29") == ["2026-03-29T03:00+02:00"]


def test_a_tick_is_not_found_again_from_within_the_hour_that_is_there_twice():
    schedule = schedule_of("30 2 * * *", "Europe/Berlin")
    # 02:15 for the second time: 01:15 UTC. The tick of the day was at 00:30 UTC.
    (found,) = schedule.coming(datetime(2026, 10, 25, 1, 15, tzinfo=UTC), 1)
    assert found.at == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_report_is_of_the_last_day_that_is_over_in_the_zone_of_the_schedule():
    schedule = schedule_of("0 6 1 * *", "Asia/Shanghai")
    ticks = schedule.coming(datetime(2012, 1, 31, tzinfo=UTC), 3)
    # 06:00 in Shanghai is 22:00 UTC of the day before; 2012 is a leap year.
    assert [tick.at for tick in ticks] == [
        datetime(2012, 1, 31, 22, tzinfo=UTC),
        datetime(2012, 2, 29, 22, tzinfo=UTC),
        datetime(2012, 3, 31, 22, tzinfo=UTC),
    ]
    assert [tick.as_of for tick in ticks] == [date(2012, 1, 31), date(2012, 2, 29), date(2012, 3, 31)]
    later = Schedule("0 6 3 * *", "Asia/Shanghai", days_back=3).coming(datetime(2011, 2, 25, tzinfo=UTC), 1)
    assert later[0].as_of == date(2011, 2, 28)


def test_leap_days_and_months_of_31_days():
    leap = schedule_of("0 0 29 2 *", "UTC").coming(datetime(2096, 3, 1, tzinfo=UTC), 1)
    assert leap[0].at == datetime(2104, 2, 29, tzinfo=UTC)  # 2100 is no leap year
    assert [day[5:10] for day in between("0 0 31 * *", "UTC", "2026-01-01", "2026-12-31")] == [
        "01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-29T01:00+00:00", "2026-03-29T01:00+00:00"),  # 03:00, when the clocks go on
        ("2026-03-29T00:59+00:00", "2026-03-28T01:30+00:00"),
        ("2026-10-25T00:30+00:00", "2026-10-25T00:30+00:00"),
        ("2026-10-25T02:00+00:00", "2026-10-25T00:30+00:00"),  # after 02:30 for the second time
    ],
)
def test_the_latest_tick_round_changes_of_the_clock(now, expected):
    tick = schedule_of("30 2 * * *", "Europe/Berlin").latest(datetime.fromisoformat(now))
    assert tick is not None
    assert tick.at == datetime.fromisoformat(expected)


@settings(max_examples=40)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    start=st.dates(date(2015, 1, 1), date(2034, 1, 1)),
)
def test_a_daily_schedule_has_one_tick_each_local_day_in_order(minute, hour, zone, start):
    begin = datetime(start.year, start.month, start.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    schedule = schedule_of(f"{minute} {hour} * * *", zone)
    # The first may be that of the day before, where midnight is there twice or not at all.
    ticks = schedule.coming(begin, 380)
    assert all(one.at < next_.at for one, next_ in pairwise(ticks))
    days = [schedule.local(tick).date() for tick in ticks]
    assert days == [days[0] + timedelta(days=number) for number in range(380)]
    assert [tick.as_of for tick in ticks] == [day - timedelta(days=1) for day in days]
    assert schedule.latest(ticks[-1].at) == ticks[-1]
    assert schedule.latest(ticks[-1].at - timedelta(seconds=1)) == ticks[-2]


@pytest.mark.parametrize(
    ("cron", "what", "fix"),
    [
        ("0 6 1 *", "five fields, not 4", "0 6 1 * *"),
        ("0 0 6 1 * *", "five fields, not 6", "0 6 1 * *"),
        ("61 2 * * *", "'61' is no minute", "Write 0 to 59"),
        ("0 6 32 * *", "'32' is no day of the month", "Write 1 to 31"),
        ("0 6 * * mom", "'mom' is no day of the week", "Write 0 to 7"),
        ("0 6 31 2 *", "day 31 is in none of the months 2: it would never come", "a day that one of them has"),
        ("@monthly", "no five fields", "0 0 1 * *"),
        ("0 6 L * *", "not understood by every scheduler", "first of the month"),
        ("0 6 * * mon#1", "not understood by every scheduler", "first of the month"),
        ("0 6 1 * mon", "different days to different schedulers", "two schedules"),
    ],
)
def test_what_is_no_schedule_is_told_with_the_way_to_write_it(cron, what, fix):
    with pytest.raises(UsageError) as caught:
        schedule_of(cron, "UTC")
    (problem,) = caught.value.problems
    assert what in problem.what
    assert problem.where == f"--cron {cron!r}"
    assert fix in problem.fix


def test_an_unknown_zone_is_told_with_the_nearest_and_beside_a_wrong_expression():
    with pytest.raises(UsageError) as caught:
        schedule_of("0 25 * * *", "Asia/Shangai")
    hour, zone = caught.value.problems
    assert "'25' is no hour" in hour.what
    assert zone.what == "'Asia/Shangai' is no timezone"
    assert zone.nearest[0] == "Asia/Shanghai"
