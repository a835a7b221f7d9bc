"""Business time on the engine against a slow loop over minutes in plain Python."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpm_core.api import business_due, business_seconds
from cpm_core.model.calendar import Calendar, Sla
from cpm_core.model.settings import Settings
from cpm_core.tables import calendar as tables

# 2024-03-31 has 23 hours in Berlin, 2024-10-27 has 25; in Lord Howe the clocks move by half an hour (04-07, 10-06).
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "UTC")
FIRST = {"spring": date(2024, 3, 7), "autumn": date(2024, 10, 3)}
LENGTH = 30


def day_pattern():
    """Up to three stretches of a day, in whole quarters of an hour."""
    cuts = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(sorted)
    pairs = cuts.map(lambda c: tuple((900 * a, 900 * b) for a, b in zip(c[::2], c[1::2], strict=False)))
    return st.one_of(st.just(()), st.just(((0, 86_400),)), pairs)


@st.composite
def calendars(draw, first):
    """Weekly hours, closures and make-up days around the month that is looked at."""
    days = [first + timedelta(days=i) for i in range(LENGTH)]
    closure = sorted((draw(st.sampled_from(days)), draw(st.sampled_from(days))))
    return Calendar(
        hours=tuple(draw(day_pattern()) for _ in range(7)),
        country=draw(st.sampled_from(["", "DE", "AU"])),
        closures=((closure[0], min(closure[1], closure[0] + timedelta(days=3))),) if draw(st.booleans()) else (),
        make_up_days=tuple(draw(st.lists(st.sampled_from(days), max_size=2))),
    )


HOLIDAYS = {
    # Public holidays of all Germany, and of all Australia, in these months, from the calendars of 2024.
    "DE": {date(2024, 3, 29), date(2024, 4, 1), date(2024, 10, 3)},
    "AU": {date(2024, 3, 29), date(2024, 4, 1)},
    "": set(),
}


def is_open(calendar, wall):
    """Whether a local minute counts, looked up from scratch."""
    day, second = wall.date(), wall.hour * 3600 + wall.minute * 60
    pattern = calendar.hours[day.weekday()]
    if day in HOLIDAYS[calendar.country]:
        pattern = ()
    if day in calendar.make_up_days:
        pattern = next((one for one in calendar.hours if one), ())
    if any(a <= day <= b for a, b in calendar.closures):
        pattern = ()
    return any(start <= second < end for start, end in pattern)


def minutes(calendar, zone, first):
    """Every minute of the stretch as an instant, with its local time and whether it counts."""
    start = datetime.combine(first, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    for i in range((LENGTH - 1) * 24 * 60):
        instant = start + timedelta(minutes=i)
        wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        yield instant.replace(tzinfo=None), wall, is_open(calendar, wall)


def on_engine(conventions, first, rows, promised):
    """Business seconds until each time, and the time at which so many more have passed."""
    made = tables.rows(conventions, first)
    given = {name: ibis.memtable(one, schema=tables.schema(name, conventions)) for name, one in made.items()}
    frame = pd.DataFrame(rows, columns=["at", "at_utc"]).assign(row=range(len(rows)))
    times = ibis.memtable(frame.astype({"at": "datetime64[us]", "at_utc": "datetime64[us]"}))
    found = business_seconds(times, given["calendar"], "at", "passed")
    found = found.mutate(target=found.passed + promised)
    return business_due(found, given["business_hours"], "target", "due").execute().sort_values("row")


def agree(season, data):
    """Engine and loop, on a month of any calendar in any of the zones."""
    first, zone = FIRST[season], data.draw(st.sampled_from(ZONES))
    calendar = data.draw(calendars(first))
    promised = data.draw(st.integers(1, 40)) * 1800
    loop = list(minutes(calendar, zone, first))
    # Local times that come twice are told apart by their twin alone; both are asked for.
    chosen = sorted(data.draw(st.sets(st.integers(0, len(loop) - 1), min_size=3, max_size=12)))
    conventions = Settings(
        as_of=first + timedelta(days=LENGTH), timezone=zone, calendar=calendar, sla=Sla(response={"default": 20.0})
    )
    found = on_engine(conventions, first, [(loop[i][1], loop[i][0]) for i in chosen], promised)
    for i, row in zip(chosen, found.itertuples(), strict=True):
        assert row.passed == 60 * sum(counts for _, _, counts in loop[:i])
        after = [j for j in range(i, len(loop)) if loop[j][2]]
        if len(after) * 60 >= promised:
            # The promise is full when the last of its minutes is over.
            last = after[promised // 60 - 1]
            assert row.due_utc == loop[last][0] + timedelta(minutes=1)
            wall = row.due_utc.tz_localize("UTC").tz_convert(zone).tz_localize(None)
            # Midnight after the last stretch of a day may be told as either side of a change of clocks.
            assert row.due in (wall, loop[last][1] + timedelta(minutes=1))


@pytest.mark.parametrize("season", FIRST)
@settings(max_examples=6)
@given(data=st.data())
def test_engine_agrees_with_a_loop_over_minutes(season, data):
    agree(season, data)


@pytest.mark.soak
@pytest.mark.parametrize("season", FIRST)
@settings(max_examples=30)
@given(data=st.data())
def test_engine_agrees_with_a_loop_over_minutes_of_many_calendars(season, data):
    agree(season, data)


def test_a_year_by_the_wall_clock_counts_every_second():
    # Berlin, 2024: 366 days of 24 hours, the two changes of the clocks cancel out.
    conventions = Settings(as_of=date(2025, 1, 1), timezone="Europe/Berlin")
    rows = [(datetime(2024, 1, 1), datetime(2023, 12, 31, 23)), (datetime(2025, 1, 1), datetime(2024, 12, 31, 23))]
    found = on_engine(conventions, date(2024, 1, 1), rows, 3600)
    assert found["passed"].tolist() == [0, 366 * 86_400]
    # An hour after the first of January began it is one o'clock.
    assert found["due"].iloc[0] == pd.Timestamp("2024-01-01T01:00")


def test_weekend_days_that_china_works_for_its_holidays():
    # The State Council's notice for 2024: National Day is off from 10-01 to 10-07, Sunday 09-29 and Saturday 10-12 are worked.
    week = Calendar(
        hours=(((0, 3600),),) * 5 + ((), ()), country="CN", closures=((date(2024, 10, 9), date(2024, 10, 9)),)
    )
    conventions = Settings(as_of=date(2024, 10, 13), timezone="Asia/Shanghai", calendar=week)
    found = {one.day: bool(one.pieces) for one in tables.days(conventions, date(2024, 9, 28))}
    worked = [day for day in found if found[day] and day <= date(2024, 10, 13)]
    assert [day.strftime("%m-%d") for day in worked] == ["09-29", "09-30", "10-08", "10-10", "10-11", "10-12"]


def test_a_calendar_without_an_open_day_ends_somewhere():
    closed = Calendar(hours=((),) * 6 + (((0, 3600),),), closures=((date(2000, 1, 1), date(2099, 12, 31)),))
    conventions = Settings(as_of=date(2024, 5, 1), calendar=closed, sla=Sla(response={"default": 1.0}))
    made = tables.rows(conventions, date(2024, 4, 1))
    # Ten years ahead (3,660 days) and the 31 days up to the as-of day.
    assert len(made["calendar"]) == 3660 + 31
    assert made["business_hours"] == []


def test_seconds_of_a_second_are_cut_off_and_times_outside_are_null():
    conventions = Settings(as_of=date(2024, 5, 1))
    rows = [
        (datetime(2024, 4, 30, 0, 0, 59, 999_999), datetime(2024, 4, 30, 0, 0, 59, 999_999)),
        (datetime(2020, 1, 1), datetime(2020, 1, 1)),
    ]
    found = on_engine(conventions, date(2024, 4, 30), rows, 60)
    assert found["passed"].iloc[0] == 59
    assert pd.isna(found["passed"].iloc[1])
    assert found["due"].iloc[0] == pd.Timestamp("2024-04-30T00:01:59")
    assert pd.isna(found["due"].iloc[1])
