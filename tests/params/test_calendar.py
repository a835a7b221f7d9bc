"""The keys `calendar` and `sla`: what they mean, and what they say to what they cannot read."""

import datetime as dt

import pytest

from cpm_core.model.calendar import WHOLE_DAY, Calendar, Sla
from cpm_core.model.errors import ParamsError
from cpm_core.params.canonical import canonical_json
from cpm_core.params.load import load

MINIMAL = "as_of: 2011-11-30\nsources: [{use: demo}]\n"
HOUR = 3600


def read(write, text):
    """The settings of a params file with more keys."""
    write(MINIMAL + text)
    return load("x").settings_for()


def refused(write, text):
    """The only problem of a params file with more keys."""
    write(MINIMAL + text)
    with pytest.raises(ParamsError) as caught:
        load("x")
    (problem,) = caught.value.problems
    return problem


def test_left_out_every_hour_counts_and_nothing_is_promised(write):
    settings = read(write, "")
    assert settings.calendar == Calendar()
    assert settings.calendar.hours == ((WHOLE_DAY,),) * 7
    assert settings.sla == Sla(None, None)


def test_hours_by_days_of_the_week(write):
    text = "calendar:\n  hours: {Mon-Thu: '09:00-12:00, 13:00-18:00', fri: 9:00–15:30, 'sat, sun': 22:00-24:00}\n"
    working, friday, night = ((9 * HOUR, 12 * HOUR), (13 * HOUR, 18 * HOUR)), ((9 * HOUR, 55_800),), ((79_200, 86_400),)
    assert read(write, text).calendar.hours == (working,) * 4 + (friday,) + (night,) * 2


def test_days_may_go_over_the_end_of_the_week_and_those_not_named_are_closed(write):
    hours = read(write, "calendar: {hours: {sat-mon: 00:00-01:00}}\n").calendar.hours
    assert [bool(day) for day in hours] == [True, False, False, False, False, True, True]


def test_holidays_closures_and_make_up_days(write):
    text = (
        "calendar:\n  country: de\n  subdivision: BE\n"
        "  closures: [2024-05-10, 2024-12-24 to 2025-01-01, 2024-08-01/2024-08-02]\n  make_up_days: [2024-09-14]\n"
    )
    calendar = read(write, text).calendar
    assert (calendar.country, calendar.subdivision) == ("DE", "BE")
    assert calendar.hours == Calendar().hours
    assert calendar.closures == (
        (dt.date(2024, 5, 10), dt.date(2024, 5, 10)),
        (dt.date(2024, 12, 24), dt.date(2025, 1, 1)),
        (dt.date(2024, 8, 1), dt.date(2024, 8, 2)),
    )
    assert calendar.make_up_days == (dt.date(2024, 9, 14),)


def test_a_closure_is_stronger_than_a_make_up_day_and_that_than_a_holiday():
    week = (((9 * HOUR, 10 * HOUR),),) * 5 + ((), ())
    saturday, monday = dt.date(2024, 9, 14), dt.date(2024, 9, 16)
    calendar = Calendar(week, "CN", make_up_days=(saturday, monday), closures=((monday, monday),))
    assert calendar.stretches(saturday) == week[0]
    assert calendar.stretches(saturday, {saturday}) == week[0]
    assert calendar.stretches(monday) == ()
    assert calendar.stretches(dt.date(2024, 9, 17), {dt.date(2024, 9, 17)}) == ()
    assert calendar.stretches(dt.date(2024, 9, 18)) == week[2]


def test_promises_by_priority(write):
    settings = read(write, "sla:\n  response: {urgent: 0.5, 紧急: 1, default: 8}\n  resolution: {007: 40}\n")
    assert settings.sla == Sla({"urgent": 0.5, "紧急": 1.0, "default": 8.0}, {"007": 40.0})


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("hours: {mon-fir: 09:00-18:00}", "hours.mon-fir", "'fir' in 'mon-fir' is no day of the week"),
        ("hours: {holiday: 09:00-18:00}", "hours.holiday", "'holiday' is no day of the week"),
        ("hours: {mon-tue-wed: 09:00-18:00}", "hours.mon-tue-wed", "'mon-tue-wed' names no days"),
        ("hours: {mon: 9-18}", "hours.mon", "'9-18' is no stretch of a day"),
        ("hours: {mon: 09:00-24:30}", "hours.mon", "'09:00-24:30' has a time that no clock shows"),
        ("hours: {mon: 09:60-18:00}", "hours.mon", "'09:60-18:00' has a time that no clock shows"),
        ("hours: {mon: 22:00-06:00}", "hours.mon", "'22:00-06:00' does not end after it starts"),
        (
            "hours: {mon: '09:00-12:00, 11:00-18:00'}",
            "hours.mon",
            "the hours in '09:00-12:00, 11:00-18:00' overlap, or are not in order",
        ),
        ("hours: {mon-wed: 09:00-12:00, tue: 13:00-18:00}", "hours", "tue has hours twice"),
        ("hours: {}", "hours", "nothing is written there"),
        ("country: Germany", "country", "there are no holidays of a country 'Germany'"),
        ("{country: DE, subdivision: BER}", "subdivision", "'BER' is no subdivision of DE"),
        ("subdivision: BE", "subdivision", "a subdivision needs its country"),
        ("closures: [2024-12-24 to 2024-12-20]", "closures.0", "'2024-12-24 to 2024-12-20' is no stretch of days"),
        ("closures: [Christmas]", "closures.0", "'Christmas' is no date"),
        ("make_up_days: [2024-02-30]", "make_up_days.0", "'2024-02-30' is no day of the calendar"),
    ],
)
def test_what_cannot_be_read_is_told(write, text, where, what):
    inner = text if text.startswith("{") else f"{{{text}}}"
    problem = refused(write, f"calendar: {inner}\n")
    assert problem.where == "params/x.yaml:3"
    assert problem.what == f"calendar.{where}: {what}"


def test_the_nearest_names_and_the_fix_are_told(write):
    assert refused(write, "calendar: {hours: {mond: 09:00-18:00}}\n").nearest == ("mon",)
    assert refused(write, "calendar: {country: Germany}\n").nearest[0] == "DE"
    assert refused(write, "calendar: {country: DE, subdivision: BYE}\n").nearest[0] == "BY"
    night = refused(write, "calendar: {hours: {mon: 22:00-06:00}}\n")
    assert night.fix == "A night is written in two: 22:00-24:00 on the one day, 00:00-06:00 on the next."
    unknown = refused(write, "calendar: {hour: {mon: 09:00-18:00}}\n")
    assert (unknown.what, unknown.nearest) == ("unknown key 'calendar.hour'", ("hours",))


@pytest.mark.parametrize("hours", ["0", "-1", "soon", "9000"])
def test_a_promise_is_a_number_of_hours(write, hours):
    assert refused(write, f"sla: {{response: {{high: {hours}}}}}\n").what.startswith("sla.response.high: ")


def test_a_calendar_is_a_part_of_a_runs_key(write):
    def key(text):
        write(MINIMAL + text)
        return canonical_json(load("x"))

    assert key("calendar: {closures: [2024-05-10]}\n") == key("calendar: {closures: [2024-05-10 to 2024-05-10]}\n")
    assert len({key(""), key("calendar: {country: DE}\n"), key("sla: {response: {high: 1}}\n")}) == 3
