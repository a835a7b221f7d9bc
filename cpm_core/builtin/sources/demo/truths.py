"""What is planted in the demo company: months, strengths and counts, as `docs/demo.md` tells them.

The generators read these constants, and the tests measure them in the written data. Shares are
of 1, months are the first day on which a change holds, rates are per customer and year.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

START = date(2022, 1, 1)
"""First day of the company's data."""
AS_OF = date(2024, 12, 31)
"""Last day of the company's data; the planted rows after it are `not yet`."""
TIMEZONE = "Europe/Berlin"
CURRENCY = "EUR"
MIN_CUSTOMERS = 200
"""Below it there are too few early rows to plant copies of."""

# (a) Concentration: the share of sales held by the top 20 % of customers, over three years and in the last.
TOP_CUSTOMERS = 0.20
TOP_SHARE = 0.60
TOP_SHARE_TOLERANCE = 0.04

# (b) One team answers slowly; its customers are less satisfied at once, and leave some months later.
TEAMS = ("alpha", "beta", "gamma")
SLOW_TEAM = "beta"
SLOW_FROM = date(2023, 10, 1)
SLOW_FACTOR = 6
"""Business hours (Monday to Friday, 8 to 18) to the first response are this many times longer."""
LEAVE_AFTER_DAYS = 120
"""Days from a customer's first slow ticket to the day on which they leave, if they do."""
LEAVE_SHARE = 0.7
"""Share of the customers with a slow ticket who leave."""
LEAVING_FROM = date(2024, 1, 29)
"""`SLOW_FROM` plus `LEAVE_AFTER_DAYS`: the first day on which somebody can leave."""
RETENTION_FALLS_FROM = date(2024, 5, 1)
"""First whole month in which leavers of `LEAVING_FROM` are no longer active (90 days later)."""

# (c) Simpson: a cheap channel grows, so the average order falls although it rises in every channel.
CHANNELS = ("store", "web", "partner", "marketplace")
CHEAP_CHANNEL = "marketplace"
CHEAP_SHARE_FIRST_DAY = 0.05
CHEAP_SHARE_LAST_DAY = 0.50
"""Share of sales through the cheap channel, growing in a straight line from the first day to the last."""
PRICE_RISE = 0.06
"""Rise of the average order within every channel, a year."""

# (d) One region stops answering surveys.
REGIONS = ("North", "South", "East", "West")
DISTRICTS_A_REGION = 3
DISTRICTS = tuple(f"{region}-{number}" for region in REGIONS for number in range(1, DISTRICTS_A_REGION + 1))
"""Parts of the regions: `North-1`, `North-2` … They are all alike; a report for each is a batch of twelve."""
SILENT_REGION = "West"
SILENT_FROM = date(2024, 3, 1)
RESPONSE_SHARE = 0.45
SILENT_RESPONSE_SHARE = 0.08

# (e) Groups that slow down and stop, marked in the attribute `customers.planted_group`.
GROUPS = ("none", "slows", "stops")
GROUP_SHARE = 0.025
"""Share of the customers in each of the two groups, to the customer: one in forty."""
SLOWS_FROM = date(2024, 4, 1)
SLOWS_BY = 3
"""From `SLOWS_FROM` on they buy this many times less often."""
STOPS_FROM = date(2024, 7, 1)
"""First day on which the group `stops` has no sale any more."""

# (g) On request, the last days' orders are delivered to one half.
HALF_DELIVERY_DAYS = 31

# (f) Dirty rows, by table and by the reason for which they are refused.
DIRTY: Mapping[str, Mapping[str, int]] = {
    "customers": {"missing": 3, "duplicate": 4, "conflicting duplicate": 2},
    "orders": {
        "missing": 5,
        "not a number": 4,
        "unknown kind": 2,
        "unknown customer": 7,
        "duplicate": 6,
        "conflicting duplicate": 3,
        "sign": 5,
    },
    "order_lines": {"missing": 3, "unknown order": 2, "duplicate": 4},
    "tickets": {"missing": 2, "unknown customer": 4, "duplicate": 3, "conflicting duplicate": 2},
    "surveys": {
        "missing": 2,
        "not a number": 3,
        "unknown kind": 3,
        "unknown customer": 3,
        "duplicate": 3,
        "scale": 6,
        "undated": 4,
    },
    "interactions": {"missing": 1, "unknown customer": 3, "duplicate": 1},
    "subscriptions": {"missing": 1, "not a number": 2, "not a time": 3, "unknown customer": 2, "duplicate": 2},
    "points": {"missing": 1, "not a number": 1, "unknown kind": 2, "unknown customer": 2, "duplicate": 1},
    "costs": {"missing": 1, "not a number": 2, "not a time": 2, "duplicate": 1},
}
NOT_YET: Mapping[str, int] = {"orders": 9, "tickets": 3, "interactions": 2, "costs": 1}
"""Rows dated in the month after the as-of day: no rejects, counted apart."""

DIRTY_FILE = "_dirty.csv"
"""Beside a table's Parquet files; readers of Parquet folders pass over names with an underscore."""
TABLES: tuple[str, ...] = tuple(DIRTY)
"""Every base table, in the order in which they are written."""
TEXT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "orders": ("amount",),
    "surveys": ("score",),
    "subscriptions": ("started_at", "monthly_amount"),
    "points": ("points",),
    "costs": ("occurred_at", "amount"),
}
"""Columns in which words stand where a number or a time should; they are delivered as text.

Times are text in the small tables alone: reading text as times is slow, and the large ones should be fast."""
