"""Satisfaction KPIs on surveys that are worked out by hand."""

import math
from pathlib import Path

import pandas as pd
import pytest

from tests.books import book, fact, facts

GOLDEN = Path(__file__).parent.parent / "golden"
HEADER = "response_id customer_id sent_at responded_at kind score scale_min scale_max\n"
# Top quarters: 4 of 1-5, 6 of 1-7, 8 of 0-10, yes of yes and no. 8 is unanswered, 9 is answered
# after the as-of day, 10 lies outside its scale.
CSAT = f"""{HEADER}
1  a 2024-02-01 2024-02-02 csat 4 1 5
2  a 2024-02-01 2024-02-02 csat 3 1 5
3  b 2024-02-01 2024-02-02 csat 6 1 7
4  b 2024-02-01 2024-02-02 csat 5 1 7
5  c 2024-02-01 2024-02-29 csat 8 0 10
6  c 2024-02-01 2024-02-02 csat 7 0 10
7  d 2024-01-31 2024-02-01 csat 1 0 1
8  d 2024-02-01 -          csat - 1 5
9  e 2024-02-01 2024-03-05 csat 5 1 5
10 e 2024-02-01 2024-02-02 csat 6 1 5
11 e 2024-02-01 2024-02-02 nps  9 0 10
"""


def test_csat_is_the_top_quarter_of_any_scale():
    frame = facts({"surveys": CSAT}, as_of="2024-02-29", history=2)
    february = fact(frame, "csat", "2024-02")
    assert (february["numerator"], february["denominator"], february["n"]) == (4, 7, 7)
    assert february["value"] == pytest.approx(4 / 7)
    # By the day of the answer: what was asked in January counts in February.
    january = fact(frame, "csat", "2024-01")
    assert (math.isnan(january["value"]), january["n"]) == (True, 0)
    assert fact(frame, "nps", "2024-02")["n"] == 1


def test_csat_of_published_counts():
    counts = pd.read_csv(GOLDEN / "csat.csv", comment="#")
    rows = "".join(
        f"{score}-{i} {score}-{i} 2024-02-01 2024-02-02 csat {score} 1 5\n"
        for score, answers in counts[["score", "answers"]].itertuples(index=False)
        for i in range(answers)
    )
    frame = facts({"surveys": HEADER + rows}, as_of="2024-02-29", kpis=["csat"])
    found = fact(frame, "csat", "2024-02")
    assert (found["numerator"], found["denominator"]) == (74, 107)
    assert round(100 * found["value"], 2) == 69.16


def test_answers_of_one_customer_widen_the_interval():
    # a gives four good answers, b four bad ones: eight rows that tell no more than two.
    rows = [f"a{i} a 2024-02-01 2024-02-02 csat 5 1 5" for i in range(4)]
    rows += [f"b{i} b 2024-02-01 2024-02-02 csat 1 1 5" for i in range(4)]
    frame = facts({"surveys": HEADER + "\n".join(rows)}, as_of="2024-02-29", kpis=["csat"])
    found = fact(frame, "csat", "2024-02")
    # Residuals by customer are 4 - .5 * 4 = 2 and -2: deff = 2/1 * (4 + 4) / (8 * .25) = 8, so n = 1.
    z2 = 1.959963984540054**2
    half = math.sqrt(z2) / (1 + z2) * math.sqrt(0.25 + z2 / 4)
    assert (found["low"], found["high"]) == pytest.approx((0.5 - half, 0.5 + half))


def test_nps_counts_promoters_less_detractors():
    scores = {"a": 10, "b": 9, "c": 9, "d": 8, "e": 7, "f": 6, "g": 0}
    rows = "\n".join(f"{who} {who} 2024-02-01 2024-02-02 nps {score} 0 10" for who, score in scores.items())
    # Another scale than 0 to 10 is refused, never rescaled.
    rows += "\nx x 2024-02-01 2024-02-02 nps 5 1 5"
    frame = facts({"surveys": HEADER + rows}, as_of="2024-02-29", kpis=["nps"])
    found = fact(frame, "nps", "2024-02")
    assert found["n"] == 7
    assert found["value"] == pytest.approx(100 * (3 - 2) / 7)
    # Adjusted Wald: 3.75 promoters and 2.75 detractors of 10.
    half = 1.959963984540054 * math.sqrt((0.375 + 0.275 - 0.1**2) / 10)
    assert (found["low"], found["high"]) == pytest.approx((100 * (0.1 - half), 100 * (0.1 + half)))


# In Berlin the clocks go forward on 2024-03-31, so that 14 days from 2024-03-17 12:00 end at 13:00.
SENT = f"""{HEADER}
1 a 2024-03-17T12:00 2024-03-31T12:59 csat 5 1 5
2 b 2024-03-17T12:00 2024-03-31T13:00 csat 5 1 5
3 c 2024-03-17T12:00 2024-03-31T13:01 csat 5 1 5
4 d 2024-03-17T23:59 -                csat - 1 5
5 e 2024-03-18T00:00 2024-03-18T10:00 csat 5 1 5
6 f -                2024-03-20T10:00 csat 5 1 5
7 g 2024-03-01       2024-04-01       csat 5 1 5
8 h 2024-03-01       2024-03-02       nps  9 0 10
"""


def test_response_rate_counts_those_who_had_their_time():
    frame = facts({"surveys": SENT}, as_of="2024-03-31", timezone="Europe/Berlin", kpis=["survey_response_rate"])
    # Sent by 2024-03-17: 1 2 3 4 7 8; answered within 14 days: 1 2 8. 5 has had no time yet, 6 was not sent.
    found = fact(frame, "survey_response_rate", "2024-03")
    assert (found["numerator"], found["denominator"]) == (3, 6)


def test_the_window_is_a_parameter():
    frame = facts(
        {"surveys": SENT},
        as_of="2024-03-31",
        timezone="Europe/Berlin",
        kpis=["survey_response_rate"],
        settings={"survey_window_days": 13},
    )
    # A day less: 5 has had its 13 days now, while 1 and 2 are too late.
    found = fact(frame, "survey_response_rate", "2024-03")
    assert (found["numerator"], found["denominator"]) == (2, 7)


def test_a_missing_column_is_named():
    # Without responded_at no answer can be dated: the KPI says which column it lacks.
    rows = "response_id customer_id sent_at kind scale_min scale_max\n1 a 2024-02-01 csat 1 5"
    frame = facts({"surveys": rows}, as_of="2024-02-29", kpis=["csat", "survey_response_rate"])
    assert set(frame["state"]) == {"no data"}
    assert "surveys.responded_at" in fact(frame, "csat", "2024-02")["reason"]


def test_a_missing_table_is_named():
    frame = facts({"surveys": CSAT}, as_of="2024-02-29", kpis=["csat", "revenue"])
    assert fact(frame, "revenue", "2024-02")["state"] == "no data"
    assert fact(frame, "revenue", "2024-02")["reason"] == "table orders is not delivered"


# On 1 to 5: 4 stays; 6 of 1 to 7 is 1 + 4 * 5/6; 8 of 0 to 10 is 1 + 4 * 8/10; yes is 5, no is 1.
# 6 comes twice, 7 is unanswered, 8 lies outside its scale, 9 is answered after the as-of day, 10 in January.
SCALES = f"""{HEADER}
1  a 2024-02-01 2024-02-02       csat 4 1 5
2  b 2024-02-01 2024-02-29       csat 6 1 7
3  c 2024-02-01 2024-02-29T23:59 csat 8 0 10
4  d 2024-02-01 2024-02-02       csat 1 0 1
5  e 2024-02-01 2024-02-02       csat 0 0 1
6  f 2024-02-01 2024-02-02       csat 1 1 5
6  f 2024-02-01 2024-02-02       csat 1 1 5
7  g 2024-02-01 -                csat - 1 5
8  h 2024-02-01 2024-02-02       csat 0 1 5
9  i 2024-02-01 2024-03-01       csat 5 1 5
10 j 2024-01-01 2024-01-31       csat 3 1 5
"""


def test_mean_csat_on_one_scale():
    made = book({"surveys": SCALES}, as_of="2024-02-29", history=2, kpis=["csat_mean"])
    found = fact(made.facts(), "csat_mean", "2024-02")
    mean = (4 + (1 + 4 * 5 / 6) + (1 + 4 * 0.8) + 5 + 1 + 1) / 6
    assert (found["value"], found["n"], found["state"]) == (pytest.approx(mean), 6, "ok")
    rejects = made.rejects()
    assert rejects.loc[rejects["reason"] == "scale", "key"].tolist() == ["8"]
    # Student's t of six values: 2.570582 standard errors.
    values = [4, 1 + 4 * 5 / 6, 1 + 4 * 0.8, 5, 1, 1]
    half = 2.5705818366 * math.sqrt(sum((x - mean) ** 2 for x in values) / 5 / 6)
    assert (found["low"], found["high"]) == pytest.approx((mean - half, mean + half))
    assert fact(made.facts(), "csat_mean", "2024-01")["value"] == 3
    made.close()


def test_effort_on_one_scale():
    rows = "1 a - 2024-02-02 ces 7 1 7\n2 b - 2024-02-02 ces 4 1 5\n3 c - 2024-02-02 ces 0 0 10\n4 d - 2024-02-03 csat 5 1 5"
    frame = facts({"surveys": HEADER + rows}, as_of="2024-02-29", kpis=["ces"], settings={"min_n": 3})
    # 7 stays; 4 of 1 to 5 is 1 + 6 * 3/4 = 5.5; the least of 0 to 10 is 1.
    found = fact(frame, "ces", "2024-02")
    assert (found["numerator"], found["denominator"]) == (pytest.approx(13.5), 3)
    assert (found["value"], found["state"]) == (pytest.approx(4.5), "ok")


# Of a the 5 of the leap day's evening is the last of February, of b 7 before 3 as its id is greater, of c a 2 in March.
LAST = f"""{HEADER}
1 a 2024-02-01 2024-02-10       csat 1 1 5
2 a 2024-02-01 2024-02-29T23:59 csat 5 1 5
3 b 2024-02-01 2024-02-10T12:00 csat 5 1 5
7 b 2024-02-01 2024-02-10T12:00 csat 2 1 5
4 c 2024-02-01 2024-02-10       csat 4 1 5
5 c 2024-02-01 2024-03-01       csat 2 1 5
6 c 2024-02-01 2024-02-20       csat - 1 5
8 a 2024-02-01 2024-03-10       nps  9 0 10
9 a 2024-02-01 2024-02-11       nps  0 0 10
"""


@pytest.mark.parametrize(
    ("unit", "kpi", "period", "parts"),
    [
        ("answer", "csat", "2024-02", (3, 5)),
        ("customer", "csat", "2024-02", (2, 3)),
        ("customer", "csat_mean", "2024-02", (5 + 2 + 4, 3)),
        ("customer", "csat", "2024-03", (0, 1)),
        # Answers of other kinds do not stand in the way.
        ("customer", "nps", "2024-02", (-100, 1)),
        ("customer", "nps", "2024-03", (100, 1)),
        ("answer", "csat_mean", "2024-02", (1 + 5 + 5 + 2 + 4, 5)),
    ],
)
def test_each_answer_or_each_customer_s_last_one_counts(unit, kpi, period, parts):
    settings = {"survey_unit": unit, "min_n": 1}
    made = book({"surveys": LAST}, as_of="2024-03-31", history=2, kpis=[kpi], settings=settings)
    found = fact(made.facts(), kpi, period)
    assert (found["numerator"], found["denominator"]) == parts
    rows = made.rows(kpi, period)
    assert (rows["numerator"].sum(), rows["denominator"].sum()) == parts
    made.close()


def test_last_answers_are_those_of_the_workbook_s_periods():
    settings = {"survey_unit": "customer", "min_n": 1}
    params = {"period": "quarter", "history": 1, "kpis": ["csat"], "settings": settings}
    found = fact(facts({"surveys": LAST}, as_of="2024-03-31", **params), "csat", "2024-Q1")
    # Of the whole quarter c's last answer is the 2 of March.
    assert (found["numerator"], found["denominator"]) == (1, 3)


def test_response_rates_by_kind_come_with_their_scores():
    made = book({"surveys": SENT}, as_of="2024-03-31", timezone="Europe/Berlin", kpis=["csat", "nps"])
    frame = made.facts()
    # Of 1 2 3 4 7 two answered in time; the one NPS question was answered; no effort score is asked for here.
    csat, nps = (fact(frame, f"{kind}_response_rate", "2024-03") for kind in ("csat", "nps"))
    assert (csat["numerator"], csat["denominator"]) == (2, 5)
    assert (nps["numerator"], nps["denominator"]) == (1, 1)
    assert "ces_response_rate" not in set(frame["kpi"])
    assert [kpi.id for kpi in made.kpis] == ["csat", "nps"], "told beside them, not by themselves"
    made.close()
