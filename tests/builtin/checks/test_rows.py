"""Too few rows are told; seasons, weeks, growth, batches, small and new tables are not."""

from datetime import date, timedelta
from math import cos, pi

import pytest

from cpm_core.builtin.checks._options import Rows
from cpm_core.builtin.checks._usual import usual_of
from cpm_core.builtin.checks.rows import judge
from tests.builtin.checks.given import AS_OF, stats


def said(daily, **known):
    return judge(stats(daily, **known), Rows())


def days(count, rows):
    """Rows of each of the days that end with the as-of day, by a function of the day."""
    return [rows(AS_OF - timedelta(days=back)) for back in reversed(range(count))]


def halved(daily, last=31):
    return [*daily[:-last], *(rows // 2 for rows in daily[-last:])]


def test_half_the_rows_of_an_even_table_are_told_in_both_languages():
    words = said(halved([10] * 300))
    # 28 days of 5 rows, where 28 of 10 are usual.
    assert words.en == "140 rows of source shop in the 28 days to 2024-12-31, where about 280 are usual (50%)"
    assert words.zh == "来源 shop 在截至 2024-12-31 的 28 天内有 140 行，通常约 280 行（50%）"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_up_to_half_is_told(share):
    assert said([10] * 300 + [int(10 * share)] * 28)


@pytest.mark.parametrize("share", [0.7, 0.8, 1, 3])
def test_clearly_more_than_half_is_not(share):
    assert said([10] * 300 + [int(10 * share)] * 28) is None


def test_how_much_history_it_takes():
    # Five windows of 28 days before the one that is judged.
    assert said([10] * (5 * 28) + [0] * 27 + [1]) is not None
    assert said([10] * (5 * 28 - 1) + [0] * 27 + [1]) is None


def test_twenty_usual_rows_are_the_fewest():
    assert usual_of(([1] * 19 + [0] * 9) * 10) is None
    assert usual_of(([1] * 20 + [0] * 8) * 10).rows == 20


def test_closed_weekends_and_the_rhythm_of_the_week_count_for_nothing():
    week = {0: 30, 1: 20, 2: 20, 3: 20, 4: 40, 5: 0, 6: 0}
    daily = days(400, lambda day: week[day.weekday()])
    for cut in range(14):
        assert said(daily[: len(daily) - cut]) is None


def season(day):
    """Ten times as many in December as in June."""
    return round(55 + 45 * cos(2 * pi * (day.timetuple().tm_yday - 350) / 365))


def test_a_season_is_no_lack_in_its_first_year_nor_later():
    for count in range(30, 800, 25):
        for back in range(0, 365, 31):
            daily = [season(AS_OF - timedelta(days=back + ago)) for ago in reversed(range(count))]
            assert said(daily) is None, (count, back)


def test_half_of_a_high_december_is_told_by_the_december_before():
    daily = days(800, lambda day: 160 if day.month == 12 else 100)
    assert said(daily) is None
    words = said(halved(daily))
    # 80 a day are hardly under a usual month's 100, and half of a December's 160.
    assert "2,240 rows" in words.en
    assert "(5" in words.en


def test_growth_counts_in_what_is_usual_and_is_no_lack_itself():
    growing = days(800, lambda day: round(20 * 1.3 ** ((day - AS_OF).days / 90 + 9)))
    shrinking = days(800, lambda day: round(200 * 0.8 ** ((day - AS_OF).days / 90 + 9)))
    assert said(growing) is None
    assert said(shrinking) is None
    assert said(halved(growing)) is not None


def test_a_promotion_that_is_not_repeated_is_no_lack():
    # Three times as many rows a year ago, and as many as ever now.
    daily = days(800, lambda day: 300 if day.year == 2023 and day.month == 12 else 100)
    assert said(daily) is None


def test_a_load_once_a_month_is_left_to_freshness():
    daily = days(800, lambda day: 500 if day.day == 1 else 0)
    for cut in range(31):
        assert said(daily[: len(daily) - cut]) is None


def test_rows_are_counted_to_the_day_that_the_source_reaches():
    daily = [10] * 300 + [0] * 20
    assert said(daily) is None  # it says nothing: that it is old, `freshness` tells
    assert said(daily, loaded_until=AS_OF) is not None  # it says that there is nothing
    assert said(daily, loaded_until=AS_OF - timedelta(days=20)) is None
    assert said(daily, loaded_until=date(2026, 1, 1)) is not None


def test_each_source_by_itself():
    words = said({"north": (10,) * 300, "south": tuple(halved([1000] * 300))})
    assert "south" in words.en
    assert "north" not in words.en
    both = said({name: tuple(halved([10] * 300)) for name in ("a", "b")})
    assert both.en.count("; ") == 1


def test_tables_that_last_are_not_counted():
    assert said(halved([10] * 300), event=False) is None


def test_the_share_is_an_option():
    daily = [10] * 300 + [7] * 28
    assert judge(stats(daily), Rows(at_least=0.5)) is None
    assert judge(stats(daily), Rows(at_least=0.8)) is not None


def test_how_much_history_a_season_takes():
    # Twice the rows of a usual month every December: a year before tells it, from 588 days on.
    daily = days(800, lambda day: 200 if day.month == 12 else 100)
    assert usual_of(daily[-588:]).rows > 5000
    assert usual_of(daily[-587:]).rows < 3500
