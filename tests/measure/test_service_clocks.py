"""Response, resolution, promises and backlog on nine tickets that are worked out by hand.

Open Monday to Friday 9 to 12 and 13 to 18 (8 hours a day), in Germany. Round Easter 2024: Wed 03-27 is worked,
Thu 03-28 is a closure, Fri 03-29 and Mon 04-01 are holidays, on Sun 03-31 the clocks go forward, Tue 04-02 to
Fri 04-05 are worked, and so is Sat 04-06, a make-up day and the as-of day.
"""

import math

import pandas as pd
import pytest

from tests.books import book, fact, facts

# Answered in business hours: 2, 2, 0 (on the weekend), 0 (before it was opened), closed unanswered after 5.5;
# April: still waiting after 24 and 2 hours, and .5 hours. The last one is of January, answered in 1, resolved in 2.
TICKETS = """
ticket_id customer_id opened_at        first_response_at resolved_at      closed_at        waiting_hours reopened_count kind      priority team
1         a           2024-03-27T11:00 2024-03-27T14:00  2024-04-02T18:00 -                3             1              complaint high     red
2         a           2024-03-27T17:00 2024-04-02T10:00  2024-04-05T12:00 -                -             0              question  -        red
3         b           2024-03-30T15:00 2024-03-31T12:00  2024-04-02T10:00 -                5             -              complaint high     red
4         b           2024-03-27T10:00 2024-03-27T09:00  2024-04-20T10:00 -                -             0              complaint low      blue
5         c           2024-03-27T13:00 -                 -                2024-04-02T09:30 -             -              -         low      blue
6         c           2024-04-04T09:00 2024-04-08T09:00  -                -                -             -              question  low      blue
7         d           2024-04-06T16:00 -                 -                -                -             -              question  high     blue
8         d           2024-04-06T12:30 2024-04-06T13:30  -                -                -             -              question  -        blue
9         d           2024-01-10T09:00 2024-01-10T10:00  2024-01-10T11:00 -                -             0              question  -        blue
"""
CALENDAR = {
    "hours": {"mon-fri": "09:00-12:00, 13:00-18:00"},
    "country": "DE",
    "closures": ["2024-03-28"],
    "make_up_days": ["2024-04-06"],
}
PARAMS = {
    "as_of": "2024-04-06",
    "history": 4,
    "timezone": "Europe/Berlin",
    "calendar": CALENDAR,
    "sla": {"response": {"high": 2, "default": 8}, "resolution": {"high": 8, "default": 16}},
    "slices": ["tickets.team"],
}
JANUARY, FEBRUARY, MARCH, APRIL = "2024-01", "2024-02", "2024-03", "2024-04"


@pytest.fixture(scope="module")
def made():
    found = book({"tickets": TICKETS}, **PARAMS)
    yield found
    found.close()


@pytest.fixture(scope="module")
def frame(made):
    return made.facts()


@pytest.fixture(scope="module")
def times(made):
    return made.tables["ticket_times"].execute().set_index("ticket_id").sort_index()


def test_business_hours_to_the_first_response(frame, times):
    # 1: 11-12 and 13-14. 2: 17-18, then nothing until Tuesday 9-10. 5: 13-18 and half an hour of Tuesday.
    # 6: Thursday, Friday and the make-up Saturday, to the end of the as-of day. 7: 16-18.
    assert times["response_hours"].tolist() == [2, 2, 0, 0, 5.5, 24, 2, 0.5, 1]
    assert times["responded"].tolist() == [True, True, True, True, False, False, False, True, True]
    # March: S(0) = 3/5, S(2) = 3/5 * 1/3 = .2, so the median is 2.
    march = fact(frame, "first_response_hours", MARCH)
    assert (march["value"], march["numerator"], march["n"]) == (2, 4, 5)
    # April: S(.5) = 2/3, both others still wait: no median; the longest wait is told.
    april = fact(frame, "first_response_hours", APRIL)
    assert (math.isnan(april["value"]), april["state"]) == (True, "undefined")
    assert "24.0" in april["reason"]


def test_business_hours_to_the_resolution_less_those_on_the_customer(frame, times):
    # 1: 6 hours of Wednesday and 8 of Tuesday, less 3. 2: 1 + 8 + 8 + 8 + 3. 3: 1 less 5, never below 0.
    # 4: resolved after the as-of day, so open: 7 of Wednesday, 32 of the week, 8 of Saturday. 6: 24. 7: 2.
    # 8: from 12:30, so 13-18.
    assert times["resolution_hours"].tolist() == [11, 28, 0, 47, 5.5, 24, 2, 5, 2]
    # S(0) = 4/5; 5.5 is censored; S(11) = 4/5 * 2/3 = .533; S(28) = .267: the median is 28.
    march = fact(frame, "resolution_hours", MARCH)
    assert (march["value"], march["numerator"], march["n"]) == (28, 3, 5)
    # Complaints are 1, 3 and 4: S(0) = 2/3, S(11) = 1/3.
    complaints = fact(frame, "complaint_resolution_hours", MARCH)
    assert (complaints["value"], complaints["n"], complaints["state"]) == (11, 3, "few")


def test_due_times(times):
    told = times["response_due_at"].dt.strftime("%m-%d %H:%M").tolist()
    # 1: 2 hours from 11 are full at 14. 2: 1 hour of Wednesday, 7 of Tuesday. 3: opened on a closed day, so
    # 2 hours of Tuesday. 4: 7 of Wednesday and 1 of Tuesday. 5: 5 and 3. 6: the day's end, not the next morning.
    # 7: the end of the as-of day's hours. 8: 5 of Saturday, 3 of Monday. 9: the day's end.
    assert told == [
        *("03-27 14:00", "04-02 17:00", "04-02 11:00", "04-02 10:00", "04-02 12:00"),
        *("04-04 18:00", "04-06 18:00", "04-08 12:00", "01-10 18:00"),
    ]
    told = times["resolution_due_at"].dt.strftime("%m-%d %H:%M").tolist()
    # 1: 8 + 3 hours: 6 of Wednesday, 5 of Tuesday. 3: 8 + 5: 8 of Tuesday, 5 of Wednesday. 7: 2 of Saturday, 6 of Monday.
    assert told == [
        *("04-02 15:00", "04-03 17:00", "04-03 15:00", "04-03 10:00", "04-03 12:00"),
        *("04-05 18:00", "04-08 16:00", "04-09 12:00", "01-11 18:00"),
    ]
    # Summer time began on 03-31: 14:00 was 13:00 UTC before, 11:00 is 9:00 UTC after.
    assert times["response_due_at_utc"].iloc[0] == pd.Timestamp("2024-03-27T13:00")
    assert times["response_due_at_utc"].iloc[2] == pd.Timestamp("2024-04-02T09:00")


def test_promises_are_judged_once_they_are_due(frame):
    march = fact(frame, "response_sla", MARCH)
    # Ticket 1 is answered at its due time to the minute; 5 never.
    assert (march["numerator"], march["denominator"]) == (4, 5)
    april = fact(frame, "response_sla", APRIL)
    # 6 and 7 are due and unanswered; 8 is not yet due, though answered.
    assert (april["numerator"], april["denominator"]) == (0, 2)
    assert "not yet due: 1" in april["reason"]
    # Only ticket 3 is resolved by its due time (1 three hours late).
    march = fact(frame, "resolution_sla", MARCH)
    assert (march["numerator"], march["denominator"]) == (1, 5)
    april = fact(frame, "resolution_sla", APRIL)
    assert (april["numerator"], april["denominator"]) == (0, 1)
    assert "not yet due: 2" in april["reason"]


def test_resolution_rates_judge_what_is_old_enough(frame):
    # Seven days before 04-06 is 03-30: all of March. 1 and 3 took less than seven days, 2 took nine.
    march = fact(frame, "resolution_rate", MARCH)
    assert (march["numerator"], march["denominator"]) == (2, 5)
    complaints = fact(frame, "complaint_resolution_rate", MARCH)
    assert (complaints["numerator"], complaints["denominator"]) == (2, 3)
    assert fact(frame, "resolution_rate", APRIL)["state"] == "undefined"


def test_reopened_of_those_resolved_in_the_period(frame):
    # April resolved 1 (reopened), 2 (not) and 3 (not known: counts in neither).
    april = fact(frame, "reopen_rate", APRIL)
    assert (april["numerator"], april["denominator"]) == (1, 2)
    assert fact(frame, "reopen_rate", MARCH)["state"] == "undefined"


def test_backlog_at_the_end_of_each_period(frame):
    # End of March: 1 to 5, as 5 was closed on 04-02. On the as-of day: 4 (resolved later), 6, 7 and 8.
    assert [fact(frame, "backlog", p)["value"] for p in (JANUARY, FEBRUARY, MARCH, APRIL)] == [0, 0, 5, 4]
    teams = {
        (p, t): fact(frame, "backlog", p, "tickets.team", t)["value"] for p in (MARCH, APRIL) for t in ("red", "blue")
    }
    assert teams == {(MARCH, "red"): 3, (MARCH, "blue"): 2, (APRIL, "red"): 0, (APRIL, "blue"): 4}
    assert not fact(frame, "backlog", APRIL)["complete"]


def test_a_month_with_none(frame):
    assert fact(frame, "tickets", FEBRUARY)["value"] == 0
    for kpi in ("first_response_hours", "resolution_hours", "response_sla", "resolution_rate"):
        assert fact(frame, kpi, FEBRUARY)["state"] == "undefined"


def test_priorities_without_a_target_are_not_judged_and_counted():
    found = facts({"tickets": TICKETS}, **{**PARAMS, "sla": {"response": {"high": 2}}})
    # March has two of high priority, 1 and 3, both in time; 2, 4 and 5 have no target.
    march = fact(found, "response_sla", MARCH)
    assert (march["numerator"], march["denominator"]) == (2, 2)
    assert "not judged, as not yet due or of a priority without a target: 3" in march["reason"]
    assert "resolution_sla" not in set(found["kpi"])


def test_without_promises_the_kpi_says_what_is_missing():
    made = book({"tickets": TICKETS}, **{**PARAMS, "sla": {}, "locale": "zh"})
    listed = made.kpi_list().set_index("id")
    assert not listed.loc["response_sla", "measurable"]
    assert listed.loc["response_sla", "why_not"] == "参数文件没有设置 sla.response"
    made.close()


def test_another_calendar_is_another_definition(frame):
    by_clock = facts({"tickets": TICKETS}, **{**PARAMS, "calendar": {}}, kpis=["tickets", "first_response_hours"])
    by_hours = frame
    # By the wall clock ticket 2 waited from Wednesday 17:00 to Tuesday 10:00: 137 hours, one of them skipped by the clocks.
    # Hours: 3, 136, 20 (Saturday 15:00 to Sunday 12:00 less one), 0, 139.5 (censored, closed Tuesday 9:30, less one).
    march = fact(by_clock, "first_response_hours", MARCH)
    # S(0) = 4/5, S(3) = 3/5, S(20) = 2/5: the median is 20.
    assert march["value"] == 20
    assert march["definition"] != fact(by_hours, "first_response_hours", MARCH)["definition"]
    assert fact(by_clock, "tickets", MARCH)["definition"] == fact(by_hours, "tickets", MARCH)["definition"]


def test_a_ticket_resolved_without_an_answer_is_no_longer_waiting():
    rows = """
    ticket_id customer_id opened_at        first_response_at resolved_at
    1         a           2024-03-04T09:00 -                 2024-03-04T10:00
    2         a           2024-03-04T09:00 2024-03-04T11:00  2024-03-04T11:00
    """
    found = facts({"tickets": rows}, as_of="2024-03-31", kpis=["first_response_hours", "resolution_hours"])
    # The first is censored after one hour, so that the second is alone at risk when it is answered.
    assert fact(found, "first_response_hours", MARCH)["value"] == 2
    # S(1) = 1/2 until 2: the middle of both.
    assert fact(found, "resolution_hours", MARCH)["value"] == 1.5


def test_conventions_are_told_under_the_titles(made):
    def told(kpi, book=made):
        return book.registry.kpis[kpi].item.says(book.settings)

    # Five days of 8 hours.
    assert told("first_response_hours").en == "business hours, 40 a week"
    assert told("complaint_resolution_rate").zh == "7天内"
    assert told("response_sla").en == "within 2 h (high), within 8 h (others)"
    assert told("resolution_sla").zh == "high：8小时内，其他：16小时内"
    plain = book({"tickets": TICKETS}, as_of="2024-04-06")
    assert told("resolution_hours", plain).zh == "按自然小时计"
    assert told("response_sla", plain) is None
