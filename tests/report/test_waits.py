"""The spread behind a median, on seven tickets worked out by hand, and how it is shown."""

import math

import pytest

from cpm_core.model.errors import MeasureError
from tests.books import book

# Team red: answered after 1, 3 and 6 hours, and one closed unanswered after 2. Blue: after 5; two still wait on the
# end of the as-of day, for 10 and 30 hours.
TICKETS = """
ticket_id customer_id opened_at        first_response_at closed_at        team priority
1         a           2024-03-04T09:00 2024-03-04T10:00  -                red  high
2         a           2024-03-04T09:00 2024-03-04T12:00  -                red  low
3         b           2024-03-04T09:00 2024-03-04T15:00  -                red  -
4         b           2024-03-04T09:00 -                 2024-03-04T11:00 red  low
5         c           2024-03-04T09:00 2024-03-04T14:00  -                blue high
6         c           2024-03-31T14:00 -                 -                blue low
7         c           2024-03-30T18:00 -                 -                blue low
"""


@pytest.fixture(scope="module")
def made():
    found = book({"tickets": TICKETS}, as_of="2024-03-31", history=2)
    yield found
    found.close()


def test_shares_by_kaplan_and_meier(made):
    frame = made.waits("first_response_hours", by="tickets.team").frame.set_index("member")
    red = frame.loc["red"]
    # S(1) = 3/4; 2 is censored; S(3) = 3/4 * 1/2 = 3/8; S(6) = 0.
    assert (red["n"], red["events"]) == (4, 3)
    assert red[["within_1", "within_4", "within_8", "within_24"]].tolist() == pytest.approx([1 / 4, 5 / 8, 1, 1])
    # The first times at which half and nine in ten are answered.
    assert (red["half"], red["nine_tenths"]) == (3, 6)
    blue = frame.loc["blue"]
    # S(5) = 2/3 and stays there; the longest wait is 30 hours, so 24 is known; half are never answered.
    assert blue[["within_1", "within_4", "within_8", "within_24"]].tolist() == pytest.approx([0, 0, 1 / 3, 1 / 3])
    assert math.isnan(blue["half"])
    assert math.isnan(blue["nine_tenths"])
    # All seven: S(1) = 6/7, S(3) = 6/7 * 4/5, S(5) = S(3) * 3/4, S(6) = S(3) * 2/4 = .343.
    whole = frame.loc[""]
    assert whole[["within_1", "within_4", "within_8"]].tolist() == pytest.approx([1 / 7, 1 - 24 / 35, 1 - 12 / 35])
    assert whole["half"] == 6


def test_a_share_past_the_longest_time_is_not_known(made):
    # High priority: answered after 1 and 5 hours. Nobody is left, so all were answered within 8 and 24.
    frame = made.waits("first_response_hours", by="tickets.priority").frame.set_index("member")
    assert frame.loc["high", ["within_4", "within_24"]].tolist() == [0.5, 1]
    # Without a priority: one, after 6 hours.
    assert frame.loc["(none)", ["within_4", "within_8"]].tolist() == [0, 1]
    earlier = book({"tickets": TICKETS}, as_of="2024-03-30", history=1)
    frame = earlier.waits("first_response_hours", by="tickets.team").frame.set_index("member")
    # Blue has 5, answered after 5 hours, and 7, which has waited for 6: nobody was watched for 8.
    assert frame.loc["blue", "within_4"] == 0
    assert math.isnan(frame.loc["blue", "within_8"])
    assert "–" in earlier.waits("first_response_hours", by="tickets.team").fragment().html
    earlier.close()


def test_a_period_without_rows_says_so(made):
    shown = made.waits("first_response_hours", by="tickets.team", period="2024-03")
    assert "24 h" in shown._repr_mimebundle_()["text/html"]
    earlier = book({"tickets": TICKETS}, as_of="2024-04-30", history=2)
    empty = earlier.waits("first_response_hours", by="tickets.team")
    assert empty.frame.empty
    assert "No rows in this period." in empty.fragment().html
    earlier.close()


def test_it_stands_without_a_slice_that_cannot_be_had(made):
    shown = made.waits("first_response_hours", by="tickets.taem")
    assert shown.frame["member"].tolist() == [""]
    assert "Not split by taem (tickets): no such column is delivered" in shown.fragment().html


def test_it_says_why_it_was_not_measured():
    made = book({"tickets": "ticket_id customer_id opened_at\n1 a 2024-03-04"}, as_of="2024-03-31", locale="zh")
    shown = made.waits("first_response_hours", by="tickets.team")
    assert "未能计算：没有提供字段 tickets.first_response_at。" in shown.fragment().html
    made.close()


def test_only_medians_of_times_have_a_spread(made):
    with pytest.raises(MeasureError, match="'tickets' has no times to tell the spread of") as raised:
        made.waits("tickets")
    assert "first_response_hours" in raised.value.problems[0].fix
    with pytest.raises(MeasureError, match="no KPI 'first_respons'"):
        made.waits("first_respons")


def test_a_report_of_some_kpis(made):
    service = made.report.of("service")
    assert {kpi.id for kpi in service.data.kpis} == {kpi.id for kpi in made.kpis if kpi.group == "service"}
    one = made.report.of("first_response_hours", "tickets")
    assert [kpi.id for kpi in one.data.kpis] == [
        kpi.id for kpi in made.kpis if kpi.id in ("first_response_hours", "tickets")
    ]
    assert set(one.data.scorecard["kpi"]) == {"first_response_hours", "tickets"}
    with pytest.raises(MeasureError, match=r"shows no 'servce'.*nearest: service"):
        made.report.of("servce")
