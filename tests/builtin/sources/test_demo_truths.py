"""The planted truths, measured in the written Parquet with DuckDB alone."""

import math
from datetime import date, timedelta

import pytest

from cpm_core.builtin.sources.demo import truths

TOP = """
WITH totals AS (SELECT customer_id, sum(amount) AS total FROM orders WHERE kind = 'sale' AND ordered_at >= ? GROUP BY 1),
ranked AS (SELECT total, row_number() OVER (ORDER BY total DESC, customer_id) AS rank, count(*) OVER () AS n FROM totals)
SELECT sum(total) FILTER (rank <= ceil(0.2 * n)) / sum(total) FROM ranked
"""
RETENTION = """
WITH months AS (SELECT unnest(generate_series(?::DATE, ?::DATE, INTERVAL 1 MONTH))::DATE AS first),
spans AS (SELECT first, (first + INTERVAL 1 MONTH)::DATE AS after FROM months),
days AS (SELECT DISTINCT customer_id, service_team, ordered_at::DATE AS day
         FROM orders JOIN customers USING (customer_id) WHERE kind = 'sale'),
seen AS (SELECT first, service_team, customer_id, bool_or(day < first) AS before,
                bool_or(day < after AND day >= after - 90) AS still
         FROM spans JOIN days ON day >= first - 90 AND day < after GROUP BY ALL)
SELECT count(*) FILTER (before AND still) / count(*) FILTER (before) FROM seen WHERE (service_team = ?) = ?
"""


def one(connection, query, *values):
    return connection.execute(query, values).fetchone()[0]


def rows(connection, query, *values):
    return connection.execute(query, values).fetchall()


def four_sigma(share, n):
    """Four standard deviations of a share of so many: what chance alone does not pass."""
    return 4 * math.sqrt(share * (1 - share) / n)


def pairs(connection, query, *values):
    return dict(connection.execute(query, values).fetchall())


@pytest.mark.parametrize("since", [date(2022, 1, 1), date(2024, 1, 2)], ids=["three years", "last year"])
def test_top_fifth_brings_about_sixty_percent(company, since):
    assert one(company, TOP, since) == pytest.approx(truths.TOP_SHARE, abs=truths.TOP_SHARE_TOLERANCE)


def test_the_slow_team_takes_six_times_the_business_hours(company):
    medians = """SELECT team, median(business_hours(opened_at, first_response_at)) FROM tickets
                 WHERE first_response_at IS NOT NULL AND (opened_at >= ?) = ? GROUP BY 1"""
    before, after = (pairs(company, medians, truths.SLOW_FROM, late) for late in (False, True))
    for team in truths.TEAMS:
        factor = truths.SLOW_FACTOR if team == truths.SLOW_TEAM else 1
        assert after[team] / before[team] == pytest.approx(factor, rel=0.15)


def test_csat_of_the_slow_team_falls_at_once_and_no_other(company):
    top = """SELECT team, avg((score >= 4)::INT) AS share, count(*) AS n FROM surveys JOIN tickets USING (ticket_id)
             WHERE surveys.kind = 'csat' AND score IS NOT NULL AND opened_at >= ? AND opened_at < ? GROUP BY 1"""
    before = {team: share for team, share, _ in rows(company, top, truths.START, truths.SLOW_FROM)}
    for team, share, n in rows(company, top, truths.SLOW_FROM, truths.SLOW_FROM + timedelta(days=92)):
        if team == truths.SLOW_TEAM:
            assert share < before[team] - 0.3
        else:
            assert share == pytest.approx(before[team], abs=four_sigma(share, n))


def test_retention_of_the_slow_team_falls_some_months_later(company):
    slow = truths.SLOW_TEAM

    def retention(first, last, mine):
        return one(company, RETENTION, first, last, slow, mine)

    before = (date(2022, 4, 1), date(2023, 9, 1))
    between = (truths.SLOW_FROM, date(2024, 1, 1))
    after = (truths.RETENTION_FALLS_FROM, date(2024, 12, 1))
    fall = {mine: retention(*before, mine) - retention(*after, mine) for mine in (True, False)}
    assert fall[True] > 0.03
    assert fall[True] - fall[False] > 0.025
    assert retention(*between, True) > retention(*before, True) - 0.02


def test_seven_in_ten_with_a_slow_ticket_leave_after_120_days(company):
    left = """
    WITH first AS (SELECT customer_id, team, min(opened_at)::DATE AS day FROM tickets WHERE opened_at >= ? GROUP BY 1, 2),
    loyal AS (SELECT customer_id, team, day FROM first JOIN orders USING (customer_id) JOIN customers USING (customer_id)
              WHERE kind = 'sale' AND ordered_at BETWEEN day - 365 AND day AND planted_group = 'none'
              GROUP BY ALL HAVING count(*) >= 12)
    SELECT team, avg((last < day + ?)::INT), count(*) FROM (
      SELECT customer_id, team, day, max(ordered_at) AS last FROM loyal JOIN orders USING (customer_id)
      WHERE kind = 'sale' AND day < DATE '2024-06-01' GROUP BY ALL) GROUP BY 1
    """
    for team, share, n in rows(company, left, truths.SLOW_FROM, truths.LEAVE_AFTER_DAYS):
        if team == truths.SLOW_TEAM:
            assert share == pytest.approx(truths.LEAVE_SHARE, abs=four_sigma(truths.LEAVE_SHARE, n))
        else:
            assert share < 0.1


def test_dates_of_the_slow_team_hang_together():
    assert truths.SLOW_FROM + timedelta(days=truths.LEAVE_AFTER_DAYS) == truths.LEAVING_FROM
    assert date(2024, 4, 1) < truths.LEAVING_FROM + timedelta(days=90) <= truths.RETENTION_FALLS_FROM
    assert (truths.AS_OF - truths.RETENTION_FALLS_FROM).days >= 2 * 90


def test_average_order_falls_while_it_rises_in_every_channel(company):
    mean = (
        "SELECT channel, avg(amount) FROM orders WHERE kind = 'sale' AND year(ordered_at) = ? GROUP BY ROLLUP (channel)"
    )
    first, last = (pairs(company, mean, year) for year in (2022, 2024))
    assert last.pop(None) < 0.92 * first.pop(None)
    assert set(first) == set(truths.CHANNELS)
    for channel in truths.CHANNELS:
        assert last[channel] / first[channel] == pytest.approx((1 + truths.PRICE_RISE) ** 2, abs=0.12)
        assert last[channel] > first[channel]


def test_the_cheap_channel_grows(company):
    share = "SELECT avg((channel = ?)::INT) FROM orders WHERE kind = 'sale' AND ordered_at >= ? AND ordered_at < ?"
    early = one(company, share, truths.CHEAP_CHANNEL, date(2022, 1, 1), date(2022, 3, 1))
    late = one(company, share, truths.CHEAP_CHANNEL, date(2024, 11, 1), date(2025, 1, 1))
    assert early == pytest.approx(truths.CHEAP_SHARE_FIRST_DAY, abs=0.03)
    assert late == pytest.approx(truths.CHEAP_SHARE_LAST_DAY, abs=0.04)


def test_one_region_stops_answering_surveys(company):
    answered = """SELECT region, avg((responded_at IS NOT NULL)::INT) FROM surveys JOIN customers USING (customer_id)
                  WHERE (sent_at >= ?) = ? AND sent_at < DATE '2024-12-17' GROUP BY 1"""
    before, after = (pairs(company, answered, truths.SILENT_FROM, late) for late in (False, True))
    for region in truths.REGIONS:
        later = truths.SILENT_RESPONSE_SHARE if region == truths.SILENT_REGION else truths.RESPONSE_SHARE
        assert before[region] == pytest.approx(truths.RESPONSE_SHARE, abs=0.05)
        assert after[region] == pytest.approx(later, abs=0.06)


def test_one_in_forty_customers_is_in_each_group(company):
    groups = pairs(company, "SELECT planted_group, count(*) FROM customers GROUP BY 1")
    total = sum(groups.values())
    assert groups["slows"] == groups["stops"] == total * truths.GROUP_SHARE
    assert set(groups) == set(truths.GROUPS)


def test_the_slowing_group_buys_a_third(company):
    sales = """SELECT planted_group, count(*) FROM orders JOIN customers USING (customer_id)
               WHERE kind = 'sale' AND planted_group = 'slows' AND ordered_at >= ? AND ordered_at < ? GROUP BY 1"""
    before = pairs(company, sales, date(2023, 4, 1), date(2024, 1, 1))["slows"]
    after = pairs(company, sales, truths.SLOWS_FROM, date(2025, 1, 1))["slows"]
    expected = 1.05 / truths.SLOWS_BY  # the company's purchases grow by 5 % a year
    assert after / before == pytest.approx(expected, abs=4 * expected * math.sqrt(1 / after + 1 / before))


def test_the_stopping_group_stops_to_the_day(company):
    mine = "FROM orders JOIN customers USING (customer_id) WHERE kind = 'sale' AND planted_group = 'stops'"
    last_day = one(company, f"SELECT max(ordered_at)::DATE {mine}")
    assert truths.STOPS_FROM - timedelta(days=5) < last_day < truths.STOPS_FROM
    members = one(company, "SELECT count(*) FROM customers WHERE planted_group = 'stops'")
    active = one(company, f"SELECT count(DISTINCT customer_id) {mine} AND ordered_at >= ?", date(2024, 4, 2))
    assert active >= 0.9 * members


def test_december_is_the_best_month_and_sunday_the_slowest_day(company):
    for part, best, worst in (("month", 12, None), ("isodow", None, 7)):
        counts = pairs(company, f"SELECT {part}(ordered_at), count(*) FROM orders WHERE kind = 'sale' GROUP BY 1")
        assert best in (None, max(counts, key=counts.get))
        assert worst in (None, min(counts, key=counts.get))


def test_customers_have_twelve_to_eighteen_orders_with_a_heavy_tail(company):
    customers = one(company, "SELECT count(*) FROM customers")
    sales = one(company, "SELECT count(*) FROM orders WHERE kind = 'sale'")
    most = one(
        company, "SELECT max(n) FROM (SELECT count(*) AS n FROM orders WHERE kind = 'sale' GROUP BY customer_id)"
    )
    assert 12 <= sales / customers <= 18
    assert most > 12 * sales / customers
