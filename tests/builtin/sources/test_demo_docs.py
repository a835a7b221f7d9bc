"""Every figure of docs/demo.md: the constants it names, and what DuckDB measures in the written company."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cpm_core.builtin.sources.demo import truths
from cpm_core.builtin.sources.demo.write import write_demo

TOP = """
WITH totals AS (SELECT customer_id, sum(amount) AS total FROM orders WHERE kind = 'sale' AND ordered_at >= DATE '{since}' GROUP BY 1),
ranked AS (SELECT total, row_number() OVER (ORDER BY total DESC, customer_id) AS rank, count(*) OVER () AS n FROM totals)
SELECT '{name}', max(n), format('{{:.1f}} %', 100 * sum(total) FILTER (rank <= ceil(0.2 * n)) / sum(total)) FROM ranked
"""
RETENTION = """
WITH months AS (SELECT unnest(generate_series(DATE '2022-04-01', DATE '2024-12-01', INTERVAL 1 MONTH))::DATE AS first),
spans AS (SELECT first, (first + INTERVAL 1 MONTH)::DATE AS after FROM months),
days AS (SELECT DISTINCT customer_id, service_team, ordered_at::DATE AS day
         FROM orders JOIN customers USING (customer_id) WHERE kind = 'sale'),
seen AS (SELECT first, service_team, customer_id, bool_or(day < first) AS before,
                bool_or(day < after AND day >= after - 90) AS still
         FROM spans JOIN days ON day >= first - 90 AND day < after GROUP BY ALL)
"""
SHARE = "format('{{:.3f}} % ({{}} of {{}})', 100 * avg(({0})::INT), count(*) FILTER ({0}), count(*))"
# Each query gives the rows of one table of the page, cell by cell.
TABLES = {
    "concentration": " UNION ALL ".join(
        f"SELECT * FROM ({TOP.format(name=name, since=since)})"
        for name, since in (("three years", "2022-01-01"), ("the last 365 days", "2024-01-02"))
    ),
    "response": """
        SELECT team, format('{:.1f}', median(business_hours(opened_at, first_response_at)) FILTER (opened_at < DATE '2023-10-01')),
               format('{:.1f}', median(business_hours(opened_at, first_response_at)) FILTER (opened_at >= DATE '2023-10-01'))
        FROM tickets WHERE first_response_at IS NOT NULL GROUP BY 1 ORDER BY 1""",
    "csat": """
        SELECT team, format('{:.1f} %', 100 * avg((score >= 4)::INT) FILTER (opened_at < DATE '2023-10-01')),
               format('{:.1f} %', 100 * avg((score >= 4)::INT) FILTER (opened_at >= DATE '2023-10-01'))
        FROM surveys JOIN tickets USING (ticket_id) WHERE surveys.kind = 'csat' AND score IS NOT NULL GROUP BY 1 ORDER BY 1""",
    "retention": RETENTION
    + """
        SELECT service_team, format('{:.1f} %', 100 * count(*) FILTER (before AND still AND first < DATE '2024-02-01') / count(*) FILTER (before AND first < DATE '2024-02-01')),
               format('{:.1f} %', 100 * count(*) FILTER (before AND still AND first >= DATE '2024-05-01') / count(*) FILTER (before AND first >= DATE '2024-05-01'))
        FROM seen GROUP BY 1 ORDER BY 1""",
    "average order": """
        SELECT coalesce(channel, 'all'), format('{:.2f}', avg(amount) FILTER (year(ordered_at) = 2022)),
               format('{:.2f}', avg(amount) FILTER (year(ordered_at) = 2023)), format('{:.2f}', avg(amount) FILTER (year(ordered_at) = 2024))
        FROM orders WHERE kind = 'sale' GROUP BY ROLLUP (channel) ORDER BY channel NULLS LAST""",
    "share of sales": """
        SELECT 'share of marketplace in the number of sales', format('{:.1f} %', 100 * avg((channel = 'marketplace')::INT) FILTER (year(ordered_at) = 2022)),
               format('{:.1f} %', 100 * avg((channel = 'marketplace')::INT) FILTER (year(ordered_at) = 2023)),
               format('{:.1f} %', 100 * avg((channel = 'marketplace')::INT) FILTER (year(ordered_at) = 2024))
        FROM orders WHERE kind = 'sale'""",
    "answers": """
        SELECT region, format('{:.1f} %', 100 * avg((responded_at IS NOT NULL)::INT) FILTER (sent_at < DATE '2024-03-01')),
               format('{:.1f} %', 100 * avg((responded_at IS NOT NULL)::INT) FILTER (sent_at >= DATE '2024-03-01'))
        FROM surveys JOIN customers USING (customer_id) WHERE sent_at < DATE '2024-12-18' GROUP BY 1 ORDER BY 1""",
    "groups": """
        SELECT planted_group, count(DISTINCT customer_id), count(*) FILTER (ordered_at >= DATE '2023-04-01' AND ordered_at < DATE '2024-01-01'),
               count(*) FILTER (ordered_at >= DATE '2024-01-01' AND ordered_at < DATE '2024-04-01'),
               count(*) FILTER (ordered_at >= DATE '2024-04-01' AND ordered_at < DATE '2024-07-01'), count(*) FILTER (ordered_at >= DATE '2024-07-01')
        FROM orders JOIN customers USING (customer_id) WHERE kind = 'sale' AND planted_group <> 'none' GROUP BY 1 ORDER BY 1""",
    "december": """
        WITH december AS (SELECT * FROM orders WHERE ordered_at >= DATE '2024-12-01'),
        sales AS (SELECT customer_id, min(ordered_at) AS first FROM orders WHERE kind = 'sale' GROUP BY 1),
        answers AS (SELECT * FROM surveys WHERE responded_at >= DATE '2024-12-01')
        SELECT unnest(['`revenue`', '`gross_sales`', '`orders`', '`return_rate`', '`average_order_value`', '`active_customers`',
                       '`new_customers`', '`csat`', '`nps`', '`tickets`']),
               unnest([(SELECT sum(amount)::DECIMAL(18, 2)::VARCHAR FROM december),
                       (SELECT sum(amount)::DECIMAL(18, 2)::VARCHAR FROM december WHERE kind = 'sale'),
                       (SELECT count(*)::VARCHAR FROM december WHERE kind = 'sale'),
                       (SELECT format('{:.3f} %', -100 * sum(amount) FILTER (kind = 'return') / sum(amount) FILTER (kind = 'sale')) FROM december),
                       (SELECT format('{:.4f}', sum(amount) / count(*)) FROM december WHERE kind = 'sale'),
                       (SELECT count(DISTINCT customer_id)::VARCHAR FROM december WHERE kind = 'sale'),
                       (SELECT count(*)::VARCHAR FROM sales WHERE first >= DATE '2024-12-01'),
                       (SELECT format('{:.3f} %', 100 * avg((score >= 4)::INT)) FROM answers WHERE kind = 'csat'),
                       (SELECT format('{:.3f}', 100 * avg((score >= 9)::INT - (score <= 6)::INT)) FROM answers WHERE kind = 'nps'),
                       (SELECT count(*)::VARCHAR FROM tickets WHERE opened_at >= DATE '2024-12-01')])""",
    "december retention": RETENTION
    + """
        SELECT '`retention_rate`', format('{:.3f} % ({} of {})', 100 * count(*) FILTER (before AND still) / count(*) FILTER (before),
               count(*) FILTER (before AND still), count(*) FILTER (before)) FROM seen WHERE first = DATE '2024-12-01'""",
    "december customers": f"""
        WITH days AS (SELECT DISTINCT customer_id, ordered_at::DATE AS day FROM orders WHERE kind = 'sale'),
        bought AS (SELECT customer_id, max(day) FILTER (day < DATE '2024-12-01') AS before, max(day) AS last FROM days GROUP BY 1),
        due AS (SELECT last >= DATE '2024-12-01' AS came FROM bought
                WHERE before > DATE '2024-11-30' - 90 AND before <= DATE '2024-12-31' - 90),
        started AS (SELECT last > DATE '2024-12-31' - 90 AS stays FROM bought WHERE before > DATE '2024-11-30' - 90),
        year AS (SELECT count(*) AS n FROM orders WHERE kind = 'sale' AND ordered_at >= DATE '2024-01-02' GROUP BY customer_id),
        served AS (SELECT customer_id FROM days WHERE day >= DATE '2024-12-01'
                   UNION SELECT customer_id FROM tickets WHERE opened_at >= DATE '2024-12-01'
                   UNION SELECT customer_id FROM subscriptions WHERE started_at <= DATE '2024-12-31'
                         AND (ended_at IS NULL OR ended_at > DATE '2024-12-01')),
        december AS (SELECT count(*) AS sales, count(DISTINCT customer_id) AS buyers FROM orders
                     WHERE kind = 'sale' AND ordered_at >= DATE '2024-12-01')
        SELECT '`purchase_frequency`', format('{{:.4f}} ({{}} of {{}})', sales / buyers, sales, buyers) FROM december
        UNION ALL SELECT '`repeat_rate`', {SHARE.format("n >= 2")} FROM year
        UNION ALL SELECT '`due_retention_rate`', {SHARE.format("came")} FROM due
        UNION ALL SELECT '`churn_rate`', {SHARE.format("NOT stays")} FROM started
        UNION ALL SELECT '`complaint_rate`', format('{{:.3f}} % ({{}} of {{}})', 100 * n / (SELECT count(*) FROM served), n, (SELECT count(*) FROM served))
        FROM (SELECT count(*) AS n FROM tickets WHERE kind = 'complaint' AND opened_at >= DATE '2024-12-01')""",
    "december answers": f"""
        SELECT '`survey_response_rate`', {SHARE.format("coalesce(responded_at <= sent_at + INTERVAL 14 DAY, false)")}
        FROM surveys WHERE sent_at >= DATE '2024-12-01' AND sent_at < DATE '2024-12-18'""",
    # Nobody who became known in December has had 90 days by its end.
    "december growth": """
        WITH months AS (SELECT sum(amount) FILTER (ordered_at >= DATE '2024-12-01') AS now,
                               sum(amount) FILTER (ordered_at >= DATE '2023-12-01' AND ordered_at < DATE '2024-01-01') AS ago FROM orders),
        costed AS (SELECT * FROM orders WHERE ordered_at >= DATE '2024-12-01' AND cost IS NOT NULL)
        SELECT '`revenue_growth`', format('{:.3f} %', 100 * (now / ago - 1)) FROM months
        UNION ALL SELECT '`gross_margin`', format('{:.3f} %', 100 * (sum(amount) - sum(cost)) / sum(amount)) FROM costed
        UNION ALL SELECT '`prospect_conversion`', format('– (0 of {})', count(*)) FROM customers
        WHERE created_at >= DATE '2024-12-01' AND created_at::DATE <= DATE '2024-12-31' - 90""",
    "december customer base": """
        WITH days AS (SELECT customer_id, ordered_at::DATE AS day FROM orders WHERE kind = 'sale'),
        bought AS (SELECT customer_id, min(day) AS first, max(day) AS last, max(day) FILTER (day < DATE '2024-12-01') AS before FROM days GROUP BY 1),
        stay AS (SELECT DATE '2024-12-31' - first AS tenure FROM bought WHERE last > DATE '2024-12-31' - 90)
        SELECT '`reactivated_customers`', count(*)::VARCHAR FROM bought WHERE last >= DATE '2024-12-01' AND before <= DATE '2024-11-30' - 90
        UNION ALL SELECT '`customer_tenure_days`', format('{:.3f} ({} of {})', avg(tenure), sum(tenure)::BIGINT, count(*)) FROM stay""",
    "december concentration": """
        WITH totals AS (SELECT customer_id, sum(amount) AS total FROM orders WHERE ordered_at >= DATE '2024-01-02' GROUP BY 1 HAVING sum(amount) > 0),
        ranked AS (SELECT total, row_number() OVER (ORDER BY total, customer_id DESC) AS rank, count(*) OVER () AS n FROM totals)
        SELECT '`top_20_share`', format('{:.3f} %', 100 * sum(total) FILTER (n - rank < ceil(n / 5)) / sum(total)) FROM ranked
        UNION ALL SELECT '`revenue_gini`', format('{:.5f}', sum((2 * rank - n - 1) * total) / (max(n) * sum(total))) FROM ranked""",
    "december scores": """
        SELECT CASE kind WHEN 'csat' THEN '`csat_mean`' ELSE '`ces`' END, format('{:.4f}', avg(score)) FROM surveys
        WHERE responded_at >= DATE '2024-12-01' AND kind IN ('csat', 'ces') GROUP BY kind""",
    # Costs of every centre and of every interaction (none is booked on a centre), over customers served; profit over them.
    "december value": """
        WITH care AS (SELECT (SELECT sum(amount) FROM costs WHERE occurred_at >= DATE '2024-12-01')
                           + (SELECT sum(cost) FROM interactions WHERE occurred_at >= DATE '2024-12-01') AS spent),
        served AS (SELECT customer_id FROM orders WHERE kind = 'sale' AND ordered_at >= DATE '2024-12-01'
                   UNION SELECT customer_id FROM tickets WHERE opened_at >= DATE '2024-12-01'
                   UNION SELECT customer_id FROM subscriptions WHERE started_at <= DATE '2024-12-31'
                         AND (ended_at IS NULL OR ended_at > DATE '2024-12-01')),
        profit AS (SELECT sum(amount) - sum(cost) AS earned FROM orders WHERE ordered_at >= DATE '2024-12-01')
        SELECT '`cost_to_serve`', format('{:.4f} ({} of {})', spent / (SELECT count(*) FROM served), spent::DECIMAL(18, 2)::VARCHAR, (SELECT count(*) FROM served)) FROM care
        UNION ALL SELECT '`cost_benefit_ratio`', format('{:.4f} ({} of {})', earned / spent, earned::DECIMAL(18, 2)::VARCHAR, spent::DECIMAL(18, 2)::VARCHAR) FROM care, profit""",
    # The start is 2024-01-01: 365 days before the last day of a leap year.
    "december contracts": f"""
        WITH running AS (SELECT customer_id,
                coalesce(sum(monthly_amount) FILTER (started_at::DATE <= DATE '2024-01-01' AND (ended_at IS NULL OR ended_at::DATE > DATE '2024-01-01')), 0) AS before,
                coalesce(sum(monthly_amount) FILTER (started_at::DATE <= DATE '2024-12-31' AND (ended_at IS NULL OR ended_at::DATE > DATE '2024-12-31')), 0) AS after
            FROM subscriptions GROUP BY 1),
        had AS (SELECT * FROM running WHERE before > 0)
        SELECT '`recurring_revenue`', sum(after)::DECIMAL(18, 2)::VARCHAR FROM running
        UNION ALL SELECT '`net_revenue_retention`', format('{{:.3f}} % ({{}} of {{}})', 100 * sum(after) / sum(before), sum(after)::DECIMAL(18, 2)::VARCHAR, sum(before)::DECIMAL(18, 2)::VARCHAR) FROM had
        UNION ALL SELECT '`gross_revenue_retention`', format('{{:.3f}} % ({{}} of {{}})', 100 * sum(least(after, before)) / sum(before), sum(least(after, before))::DECIMAL(18, 2)::VARCHAR, sum(before)::DECIMAL(18, 2)::VARCHAR) FROM had
        UNION ALL SELECT '`logo_retention`', {SHARE.format("after > 0")} FROM had""",
    "december points": """
        WITH balances AS (SELECT sum(points) AS balance FROM points GROUP BY customer_id),
        year AS (SELECT coalesce(-sum(points) FILTER (kind = 'redeem'), 0) AS used, sum(points) FILTER (kind = 'earn') AS earned
                 FROM points WHERE occurred_at >= DATE '2024-01-02')
        SELECT '`points_redemption_rate`', format('{:.3f} % ({} of {})', 100 * used / earned, used::BIGINT, earned::BIGINT) FROM year
        UNION ALL SELECT '`points_liability`', (sum(greatest(balance, 0)) * 0.01)::DECIMAL(18, 2)::VARCHAR FROM balances""",
    # The product-limit estimate by hand: at each hour with an event, of those who still waited, the share who go on.
    "december waits": " UNION ALL ".join(
        f"""SELECT '`{name}`', format('{{:.3f}} h', min(hours)) FROM (
              SELECT hours, product(1 - done / waiting) OVER (ORDER BY hours) AS still FROM (
                SELECT hours, done, sum(here) OVER (ORDER BY hours DESC) AS waiting FROM (
                  SELECT hours, count(*) FILTER (done) AS done, count(*) AS here FROM (
                    SELECT {event} IS NOT NULL AS done,
                           greatest(business_hours(opened_at, coalesce({event}, closed_at, DATE '2025-01-01')) - {idle}, 0) AS hours
                    FROM tickets WHERE opened_at >= DATE '2024-12-01' AND {where}) GROUP BY 1))) WHERE still <= 0.5"""
        for name, event, idle, where in (
            ("first_response_hours", "first_response_at", "0", "true"),
            ("resolution_hours", "resolved_at", "waiting_hours", "true"),
            ("complaint_resolution_hours", "resolved_at", "waiting_hours", "kind = 'complaint'"),
        )
    ),
    # A promise is told by hours here, not by due times: nobody answers at night, so both come to the same.
    "december promises": " UNION ALL ".join(
        f"""SELECT '`{name}`', {SHARE.format("kept")} FROM (
              SELECT {event} IS NOT NULL AND business_hours(opened_at, {event}) - {idle} <= hours AS kept FROM (
                SELECT *, CASE priority WHEN 'high' THEN {high} ELSE {other} END AS hours
                FROM tickets WHERE opened_at >= DATE '2024-12-01')
              WHERE business_hours(opened_at, DATE '2025-01-01') - {idle} >= hours)"""
        for name, event, idle, high, other in (
            ("response_sla", "first_response_at", "0", 2, 4),
            ("resolution_sla", "resolved_at", "waiting_hours", 16, 24),
        )
    ),
    "december tickets": f"""
        WITH old AS (SELECT kind, coalesce(resolved_at <= opened_at + INTERVAL 7 DAY, false) AS done
                     FROM tickets WHERE opened_at >= DATE '2024-12-01' AND opened_at < DATE '2024-12-25')
        SELECT '`resolution_rate`', {SHARE.format("done")} FROM old
        UNION ALL SELECT '`complaint_resolution_rate`', {SHARE.format("done")} FROM old WHERE kind = 'complaint'
        UNION ALL SELECT '`reopen_rate`', {SHARE.format("reopened_count > 0")} FROM tickets WHERE resolved_at >= DATE '2024-12-01'
        UNION ALL SELECT '`backlog`', count(*)::VARCHAR FROM tickets WHERE resolved_at IS NULL AND closed_at IS NULL""",
}


@pytest.fixture(scope="module")
def page(repository: Path) -> list[str]:
    """The lines of the page."""
    return (repository / "docs" / "demo.md").read_text(encoding="utf-8").splitlines()


def line(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


@pytest.mark.parametrize("table", TABLES)
def test_the_page_tells_what_is_measured(page, demo, table):
    expected = [line(row) for row in demo.execute(TABLES[table]).fetchall()]
    assert [row for row in expected if row not in page] == []


def test_the_page_tells_how_long_the_tables_are(page, demo):
    for name in truths.TABLES:
        rows = demo.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        assert any(one.startswith(f"| `{name}` | {rows:,} |") for one in page), name


def test_the_page_tells_half_a_delivery(page, demo, tmp_path):
    folder = write_demo(tmp_path / "half", customers=2000, seed=7, half_delivery=True)
    december = "SELECT count(*) FROM {} WHERE ordered_at >= DATE '2024-12-01'"
    whole = demo.execute(december.format("orders")).fetchone()[0]
    with duckdb.connect() as connection:
        half = connection.execute(december.format(f"'{folder}/orders/*.parquet'")).fetchone()[0]
    assert line(["sales and returns of December 2024", f"{whole:,}", f"{half:,}"]) in page


def test_the_page_tells_the_constants(page):
    told = dict(
        re.match(r"\| `([A-Z_]+)` \| ([^|]+) \|", one).groups() for one in page if re.match(r"\| `[A-Z_]+` \|", one)
    )
    simple = {
        name: value
        for name, value in vars(truths).items()
        if name.isupper() and isinstance(value, (int, float, str, date))
    }
    assert told == {name: str(value) for name, value in simple.items()}


def test_the_page_tells_the_dirty_rows(page):
    rows = {(table, reason): count for table, reasons in truths.DIRTY.items() for reason, count in reasons.items()}
    reasons = list(dict.fromkeys(reason for _, reason in rows))
    header = next(one for one in page if one.startswith("| reason |"))
    columns = [cell.strip(" `") for cell in header.strip("|").split("|")][1:-1]
    assert columns == list(truths.TABLES)
    for reason in reasons:
        counts = [rows.get((table, reason), 0) for table in truths.TABLES]
        assert (
            line([reason, *(count or "" for count in counts), sum(counts)])
            .replace("|  |", "| |")
            .replace("|  |", "| |")
            in page
        )
    later = [truths.NOT_YET.get(table, 0) for table in truths.TABLES]
    assert (
        line(["not yet", *(count or "" for count in later), sum(later)]).replace("|  |", "| |").replace("|  |", "| |")
        in page
    )
