"""Figures, dates and periods in words, against hand-written text."""

import math
from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.report import format as fmt

NAN = float("nan")


@pytest.mark.parametrize(
    ("figure", "unit", "currency", "en", "zh"),
    [
        (1132407.74, "money", "GBP", "£1,132,408", "£1,132,408"),
        (437.27, "money", "GBP", "£437.27", "£437.27"),
        (-437.27, "money", "EUR", "−€437.27", "−€437.27"),
        (99.5, "money", "CHF", "CHF\u00a099.50", "CHF\u00a099.50"),
        (99.5, "money", "", "99.50", "99.50"),
        (0.0, "money", "CNY", "¥0.00", "¥0.00"),
        (2657, "count", "", "2,657", "2,657"),
        (0.90695, "percent", "", "90.7%", "90.7%"),
        (-0.161, "percent", "", "−16.1%", "−16.1%"),
        (0.0025, "percent", "", "0.25%", "0.25%"),
        (0.0, "percent", "", "0.0%", "0.0%"),
        (1.597, "number", "", "1.60", "1.60"),
        (123.45, "number", "", "123.5", "123.5"),
        (0.5528, "number", "", "0.553", "0.553"),
        (-3.44, "points", "", "−3.4", "−3.4"),
        (4.213, "score", "", "4.21", "4.21"),
        (5.44, "hours", "", "5.4 h", "5.4小时"),
        (12.3, "days", "", "12.3 days", "12.3天"),
        (-0.0001, "count", "", "0", "0"),
        (NAN, "money", "GBP", "–", "–"),
        (None, "percent", "", "–", "–"),
        (pd.NaT, "count", "", "–", "–"),
        (float("inf"), "number", "", "–", "–"),
    ],
)
def test_value(figure, unit, currency, en, zh):
    assert (fmt.value(figure, unit, "en", currency), fmt.value(figure, unit, "zh", currency)) == (en, zh)


@pytest.mark.parametrize(
    ("figure", "base", "unit", "en", "zh"),
    [
        (157804.15, 974603.59, "money", "+16.2%", "+16.2%"),
        (-161.0, 352.0, "count", "−45.7%", "−45.7%"),
        (191.0, 0.0, "count", "+191", "+191"),  # no share of nothing
        (500.0, -100.0, "money", "+£500.00", "+£500.00"),  # nor of a negative base
        (0.0078, 0.8992, "percent", "+0.8 pp", "+0.8个百分点"),
        (-0.049, 0.861, "percent", "−4.9 pp", "−4.9个百分点"),
        (0.00001, 0.5, "percent", "0.0 pp", "0.0个百分点"),
        (-0.0024, 0.5528, "number", "−0.002", "−0.002"),
        (0.234, 1.61, "number", "+0.23", "+0.23"),  # in the decimals of what it was
        (0.0041, None, "number", "+0.004", "+0.004"),
        (-4.6, 1.2, "points", "−4.6", "−4.6"),
        (0.5, 4.9, "hours", "+0.5 h", "+0.5小时"),
        (0.0, 4.9, "hours", "0.0 h", "0.0小时"),
        (NAN, 4.9, "hours", "–", "–"),
    ],
)
def test_change(figure, base, unit, en, zh):
    assert (fmt.change(figure, base, unit, "en", "GBP"), fmt.change(figure, base, unit, "zh", "GBP")) == (en, zh)


def test_interval_names_its_unit_once():
    assert fmt.interval(0.895, 0.918, "percent", "en") == "89.5–91.8%"
    assert fmt.interval(4.5, 6.3, "hours", "en") == "4.5–6.3 h"
    assert fmt.interval(4.5, 6.3, "hours", "zh") == "4.5–6.3小时"
    assert fmt.interval(418.87, 455.67, "money", "en", "GBP") == "£418.87–£455.67"
    assert fmt.interval(0.895, NAN, "percent", "en") == ""


def test_interval_with_a_negative_end_is_joined_by_a_word():
    assert fmt.interval(-9.5, 2.7, "points", "en") == "−9.5 to 2.7"
    assert fmt.interval(-9.5, 2.7, "points", "zh") == "−9.5至2.7"


def test_target():
    assert fmt.target(0.92, NAN, "percent", "en") == "≥\u00a092.0%"
    assert fmt.target(NAN, 0.05, "percent", "zh") == "≤5.0%"
    assert fmt.target(0.92, None, "percent", "en", words=True) == "at least 92.0%"
    assert fmt.target(None, 6, "hours", "zh", words=True) == "不高于6.0小时"
    assert fmt.target(2, 5, "number", "en") == "2.00–5.00"
    assert fmt.target(NAN, NAN, "percent", "en") == ""


@pytest.mark.parametrize(
    ("figure", "unit", "en", "zh"),
    [
        (1_500_000, "money", "£1.5m", "£150万"),
        (200_000_000, "money", "£200m", "£2亿"),
        (2_000_000_000, "count", "2bn", "20亿"),
        (2_500, "count", "2.5k", "2,500"),
        (0.9, "percent", "90%", "90%"),
        (-0.025, "percent", "−2.5%", "−2.5%"),
        (0, "money", "£0", "£0"),
        (-15, "points", "−15", "−15"),
        (0.5525, "number", "0.5525", "0.5525"),
        (1_002_500, "money", "£1.0025m", "£100.25万"),
    ],
)
def test_compact(figure, unit, en, zh):
    assert (fmt.compact(figure, unit, "en", "GBP"), fmt.compact(figure, unit, "zh", "GBP")) == (en, zh)


@pytest.mark.parametrize(
    ("label", "en", "zh", "en_short", "zh_short"),
    [
        ("2011-11", "November 2011", "2011年11月", "Nov ’11", "11年11月"),
        ("2011-03", "March 2011", "2011年3月", "Mar ’11", "11年3月"),
        ("2011-Q4", "Q4 2011", "2011年第四季度", "Q4 ’11", "11年Q4"),
        ("2011-W05", "week 5 of 2011", "2011年第5周", "W5 ’11", "11年5周"),
        ("2011-11-30", "30 November 2011", "2011年11月30日", "30 Nov", "11月30日"),
        ("2011", "2011", "2011年", "2011", "2011"),
    ],
)
def test_period(label, en, zh, en_short, zh_short):
    assert (fmt.period(label, "en"), fmt.period(label, "zh")) == (en, zh)
    assert (fmt.period(label, "en", short=True), fmt.period(label, "zh", short=True)) == (en_short, zh_short)


@pytest.mark.parametrize("when", [date(2011, 5, 3), datetime(2011, 5, 3, 9), pd.Timestamp("2011-05-03"), "2011-05-03"])
def test_day(when):
    assert fmt.day(when, "en") == "3 May 2011"
    assert fmt.day(when, "zh") == "2011年5月3日"


@pytest.mark.parametrize("when", [None, pd.NaT, NAN])
def test_no_day_is_a_dash(when):
    assert fmt.day(when, "en") == "–"


def test_words():
    assert fmt.words(["A", "B", "C"], "en") == "A, B and C"
    assert fmt.words(["A", "B", "C"], "zh") == "A、B和C"
    assert fmt.words(["A"], "en") == "A"
    assert fmt.words([], "en") == ""


@given(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(sorted(fmt.UNITS)), st.sampled_from(["en", "zh"])
)
def test_any_figure_has_words_and_no_hyphen_for_minus(figure, unit, locale):
    text = fmt.value(figure, unit, locale, "GBP")
    assert text
    assert "-" not in text
    assert (text == "–") == (not math.isfinite(figure))
