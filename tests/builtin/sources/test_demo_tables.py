"""The clean tables hold together, row by row."""

import pytest

from cpm_core.builtin.sources.demo import truths

# Each query counts rows that must not be there.
NEVER = {
    "order of another amount than its lines": """
        SELECT count(*) FROM orders LEFT JOIN (SELECT order_id, sum(amount) AS total FROM order_lines GROUP BY 1)
        USING (order_id) WHERE total IS DISTINCT FROM amount""",
    "line of another amount than quantity times price": """
        SELECT count(*) FROM order_lines WHERE quantity * unit_price <> amount""",
    "line at another time than its order": """
        SELECT count(*) FROM order_lines l JOIN orders o USING (order_id) WHERE l.ordered_at <> o.ordered_at""",
    "amount of parts of a cent": "SELECT count(*) FROM order_lines WHERE amount * 100 <> floor(amount * 100)",
    "sale below or return above zero": """
        SELECT count(*) FROM orders WHERE (kind = 'sale') <> (amount > 0) OR (cost > 0) <> (amount > 0)
           OR (quantity > 0) <> (amount > 0)""",
    "return of more than its sale, or before it": """
        SELECT count(*) FROM orders r LEFT JOIN orders s ON s.order_id = r.original_order_id
        WHERE r.kind = 'return' AND (s.order_id IS NULL OR -r.amount > s.amount OR r.ordered_at <= s.ordered_at
              OR r.customer_id <> s.customer_id)""",
    "order id used twice": "SELECT count(*) - count(DISTINCT order_id) FROM orders",
    "line used twice": "SELECT count(*) - count(DISTINCT (order_id, line_no)) FROM order_lines",
    "ticket id used twice": "SELECT count(*) - count(DISTINCT ticket_id) FROM tickets",
    "response id used twice": "SELECT count(*) - count(DISTINCT response_id) FROM surveys",
    "interaction id used twice": "SELECT count(*) - count(DISTINCT interaction_id) FROM interactions",
    "stretch used twice": "SELECT count(*) - count(DISTINCT (subscription_id, started_at)) FROM subscriptions",
    "entry id used twice": "SELECT count(*) - count(DISTINCT entry_id) FROM points",
    "cost id used twice": "SELECT count(*) - count(DISTINCT cost_id) FROM costs",
    "order before its customer": """
        SELECT count(*) FROM orders JOIN customers USING (customer_id) WHERE ordered_at < created_at""",
    "ticket before its customer": """
        SELECT count(*) FROM tickets JOIN customers USING (customer_id) WHERE opened_at < created_at""",
    "ticket answered before it was opened": "SELECT count(*) FROM tickets WHERE first_response_at <= opened_at",
    "ticket resolved before it was answered": """
        SELECT count(*) FROM tickets WHERE resolved_at <= first_response_at OR (resolved_at IS NOT NULL AND first_response_at IS NULL)""",
    "withdrawn ticket that was worked on": """
        SELECT count(*) FROM tickets WHERE closed_at IS NOT NULL
        AND (closed_at < opened_at OR first_response_at IS NOT NULL OR resolved_at IS NOT NULL)""",
    "ticket that waits longer than it takes": """
        SELECT count(*) FROM tickets WHERE waiting_hours < 0
           OR waiting_hours > coalesce(date_diff('second', first_response_at, resolved_at), 0) / 3600""",
    "ticket reopened but not resolved": "SELECT count(*) FROM tickets WHERE reopened_count > 0 AND resolved_at IS NULL",
    "ticket of another team than its customer's": """
        SELECT count(*) FROM tickets JOIN customers USING (customer_id) WHERE team <> service_team OR agent NOT LIKE team || '-%'""",
    "answer before its question": "SELECT count(*) FROM surveys WHERE responded_at <= sent_at",
    "answer without a score, or the other way round": """
        SELECT count(*) FROM surveys WHERE (responded_at IS NULL) <> (score IS NULL)
           OR (comment IS NOT NULL AND score IS NULL)""",
    "score off its scale": """
        SELECT count(*) FROM surveys WHERE score NOT BETWEEN scale_min AND scale_max OR score <> round(score)
           OR (kind = 'nps' AND (scale_min, scale_max) <> (0, 10))""",
    "survey on nothing": "SELECT count(*) FROM surveys WHERE (kind = 'nps') <> (order_id IS NOT NULL) OR (kind = 'nps') = (ticket_id IS NOT NULL)",
    "survey before its ticket was resolved": """
        SELECT count(*) FROM surveys s LEFT JOIN tickets t USING (ticket_id)
        WHERE s.kind <> 'nps' AND (t.customer_id IS DISTINCT FROM s.customer_id OR NOT s.sent_at > t.resolved_at)""",
    "survey of somebody else's order": """
        SELECT count(*) FROM surveys s LEFT JOIN orders o USING (order_id)
        WHERE s.kind = 'nps' AND (o.customer_id IS DISTINCT FROM s.customer_id OR NOT s.sent_at > o.ordered_at)""",
    "customer with two running stretches": """
        SELECT count(*) FROM (SELECT started_at, lag(ended_at) OVER w AS ended, row_number() OVER w AS n FROM subscriptions
        WINDOW w AS (PARTITION BY customer_id ORDER BY started_at)) WHERE n > 1 AND ended IS DISTINCT FROM started_at""",
    "stretch without length or reason": """
        SELECT count(*) FROM subscriptions WHERE ended_at <= started_at OR (ended_at IS NULL) <> (end_reason IS NULL)""",
    "upgrade to a lower price, or downgrade to a higher": """
        SELECT count(*) FROM (SELECT monthly_amount, end_reason, lead(monthly_amount) OVER w AS next FROM subscriptions
        WINDOW w AS (PARTITION BY customer_id ORDER BY started_at))
        WHERE (end_reason = 'upgrade' AND next <= monthly_amount) OR (end_reason = 'downgrade' AND next >= monthly_amount)
           OR (end_reason = 'cancelled' AND next IS NOT NULL)""",
    "points balance below zero": """
        SELECT count(*) FROM (SELECT sum(points) OVER (PARTITION BY customer_id ORDER BY occurred_at, points DESC) AS balance
        FROM points) WHERE balance < 0""",
    "points of the wrong sign": "SELECT count(*) FROM points WHERE (kind IN ('earn', 'adjust')) <> (points > 0)",
    "friend who came later": """
        SELECT count(*) FROM customers c LEFT JOIN customers f ON f.customer_id = c.referred_by
        WHERE c.referred_by IS NOT NULL AND (f.created_at IS NULL OR f.created_at >= c.created_at)""",
    "address or number that could be somebody's": """
        SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.com'
        OR NOT regexp_full_match(phone, '\\+44 1632 960\\d{3}|\\+49 30 23125\\d{3}')""",
}
TIMES = {
    "orders": ("ordered_at",),
    "tickets": ("opened_at", "first_response_at", "resolved_at", "closed_at", "updated_at"),
    "surveys": ("sent_at", "responded_at"),
    "interactions": ("occurred_at",),
    "subscriptions": ("started_at", "ended_at"),
    "points": ("occurred_at",),
    "costs": ("occurred_at",),
}


@pytest.mark.parametrize("what", NEVER)
def test_there_is_no(demo, what):
    assert demo.execute(NEVER[what]).fetchone()[0] == 0


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in TIMES.items() for c in columns])
def test_times_lie_in_the_three_years_and_never_in_the_hour_that_the_clocks_skip(demo, table, column):
    query = f"SELECT min({column}), max({column}), count(*) FILTER (hour({column}) = 2) FROM {table}"
    first, last, night = demo.execute(query).fetchone()
    assert first.date() >= truths.START
    assert last.date() <= truths.AS_OF
    assert night == 0


@pytest.mark.parametrize("table", [name for name in truths.TABLES if name not in ("customers", "costs", "order_lines")])
def test_every_row_has_a_customer(demo, table):
    orphans = f"SELECT count(*) FROM {table} LEFT JOIN customers c USING (customer_id) WHERE c.customer_id IS NULL"
    assert demo.execute(orphans).fetchone()[0] == 0


def test_names_need_glyphs_of_several_scripts(demo):
    chinese, accented = demo.execute("""
        SELECT count(*) FILTER (regexp_matches(name, '\\p{Han}')), count(*) FILTER (name <> strip_accents(name))
        FROM customers""").fetchone()
    assert chinese > 200
    assert accented > 1000


def test_some_tickets_are_open_at_the_end_and_a_fifth_of_the_customers_has_a_contract(demo):
    backlog, contracts = demo.execute("""
        SELECT (SELECT count(*) FROM tickets WHERE resolved_at IS NULL AND closed_at IS NULL),
               (SELECT count(DISTINCT customer_id) FROM subscriptions)""").fetchone()
    assert 10 < backlog < 200
    assert 300 < contracts <= 400


def test_a_district_lies_in_one_region_and_each_region_has_three(demo):
    found = demo.execute("SELECT DISTINCT region, district FROM customers ORDER BY ALL").fetchall()
    regions = ["East", "North", "South", "West"]
    assert found == [(region, f"{region}-{number}") for region in regions for number in (1, 2, 3)]


def test_costs_come_each_month_for_each_centre(demo):
    rows = demo.execute(
        "SELECT center, count(DISTINCT date_trunc('month', occurred_at)) FROM costs GROUP BY 1"
    ).fetchall()
    assert dict(rows) == {"service": 36, "marketing": 36}


def test_every_value_of_the_small_lists_occurs(demo):
    lists = {
        "customers.region": set(truths.REGIONS),
        "customers.channel": set(truths.CHANNELS),
        "customers.service_team": set(truths.TEAMS),
        "customers.district": set(truths.DISTRICTS),
        "orders.channel": set(truths.CHANNELS),
        "orders.kind": {"sale", "return"},
        "tickets.kind": {"question", "complaint", "request"},
        "tickets.team": set(truths.TEAMS),
        "surveys.kind": {"csat", "nps", "ces"},
        "interactions.kind": {"call", "visit", "mail", "campaign"},
        "subscriptions.end_reason": {"upgrade", "downgrade", "cancelled", None},
        "points.kind": {"earn", "redeem", "expire", "adjust"},
    }
    for name, values in lists.items():
        table, column = name.split(".")
        found = {row[0] for row in demo.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()}
        assert found == values, name
