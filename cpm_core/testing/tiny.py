"""The tiny book's tables: a shop in Berlin as of a leap day, with the traps that real deliveries have.

Times without a zone are local. Where a row is a trap, its comment says which, and what becomes of it. Comments
begin with `#`, and `-` is nothing. `cpm_core.testing.answers` works out by hand what KPIs make of these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TINY_AS_OF = "2024-02-29"
TINY_ZONE = "Europe/Berlin"
TINY_MONTHS = ("2023-12", "2024-01", "2024-02")
"""The months that are shown."""

TINY_PARAMS: Mapping[str, Any] = {
    "workbook": "tiny",
    "as_of": TINY_AS_OF,
    "timezone": TINY_ZONE,
    "currency": "EUR",
    "history": len(TINY_MONTHS),
    "engine": {"threads": 1},
    "sla": {"response": {"default": 4}, "resolution": {"default": 48}},
    "settings": {"point_value": 0.01, "min_n": 1},
}
"""What the tiny book says in its params: promises and the value of a point, so that every built-in can be measured."""

CUSTOMERS = """
customer_id region segment created_at       updated_at
c1          north  shop    2023-12-01       2023-12-01
c2          south  trade   2023-11-01       2023-11-01
c2          south  trade   2023-11-01       2023-11-01  # delivered twice: one customer
c3          west   shop    -                2024-01-01  # conflicting duplicate: the later row counts
c3          north  shop    -                2024-02-01
c4          -      trade   2022-11-01       2022-11-01  # no region: the member (none)
c5          south  shop    2023-12-05       2023-12-05  # has nothing anywhere: never bought, never asked
c6          north  shop    2023-11-01       2023-11-01
c7          north  shop    2024-03-01       2024-03-01  # created after the as-of day: not yet
"""

ORDERS = """
order_id customer_id ordered_at           amount kind   cost   channel updated_at
o1       c4          2022-11-15T10:00:00  40.00  sale   20.00  web     -    # so old that every look-back is covered
o2       c6          2023-11-10T10:00:00  90.00  sale   54.00  shop    -    # the last of c6: lost during February
o3       c2          2023-11-20T10:00:00  50.00  sale   30.00  web     -
o4       c1          2023-12-10T10:00:00  100.00 sale   60.00  web     -
o5       c1          2024-01-15T10:00:00  80.00  sale   50.00  web     -
o6       c1          2024-01-31T23:30:00Z 30.00  sale   18.00  shop    -    # in Berlin it is half past midnight: February
o7       c1          2024-02-10T10:00:00  60.00  sale   35.00  web     -
o7       c1          2024-02-10T10:00:00  60.00  sale   35.00  web     -    # delivered twice: one order
o7       c1          2024-02-25T10:00:00  -15.00 return -5.00  web     -    # a return of o7, with its own day
o8       c2          2024-02-14T10:00:00  70.00  sale   45.00  web     2024-02-14
o8       c2          2024-02-14T10:00:00  75.00  sale   45.00  web     2024-02-15  # conflicting: the later version counts
o9       c4          2024-02-20T10:00:00  20.00  sale   -      -       -    # no cost, no channel; c4 is back
o10      c3          2024-02-29T23:59:59  25.50  sale   10.50  shop    -    # the leap day's last second; c3's one order
o11      c2          2024-02-29T23:30:00Z 500.00 sale   100.00 web     -    # in Berlin it is March: not yet
"""

ORDER_LINES = """
order_id line_no product_id quantity unit_price amount
o7       1       p1         2        20.00      40.00
o7       2       p2         1        20.00      20.00
o7       2       p2         1        20.00      20.00   # delivered twice: one line
o10      1       p1         1        25.50      25.50
o11      1       p1         1        500.00     500.00  # of an order that is not yet: neither is its line
o99      1       p1         1        1.00       1.00    # of an order that nobody knows: refused
"""

TICKETS = """
ticket_id customer_id opened_at            first_response_at   resolved_at         closed_at           waiting_hours reopened_count kind      priority channel
t1        c1          2024-02-05T09:00:00  2024-02-05T11:00:00 2024-02-05T17:00:00 -                   -             0              question  low      mail
t1        c1          2024-02-05T09:00:00  2024-02-05T11:00:00 2024-02-05T17:00:00 -                   -             0              question  low      mail   # delivered twice
t2        c2          2024-02-10T10:00:00  2024-02-10T14:00:00 2024-02-12T10:00:00 -                   6             1              complaint high     phone  # 6 of its 48 hours were the customer's
t3        c1          2024-02-20T08:00:00  -                   -                   -                   -             0              complaint high     mail   # open and unanswered: censored, not dropped
t4        c4          2024-02-28T12:00:00  2024-02-28T13:00:00 2024-03-02T09:00:00 -                   -             0              question  -        mail   # resolved after the as-of day: still open
t5        c3          2024-01-31T23:10:00Z 2024-02-01T08:10:00 2024-02-03T00:10:00 -                   -             0              question  low      mail   # opened in February by the clocks of Berlin
t6        c1          2024-03-01T09:00:00  -                   -                   -                   -             0              complaint high     mail   # after the as-of day: not yet
t7        c2          2023-01-10T09:00:00  -                   -                   2023-01-10T10:00:00 -             0              other     low      mail   # closed unanswered as spam
t8        c9          2024-02-11T09:00:00  -                   -                   -                   -             0              complaint high     mail   # of a customer that nobody knows: refused
"""

SURVEYS = """
response_id customer_id sent_at             responded_at        kind score scale_min scale_max
r1          c1          2024-02-01T09:00:00 2024-02-03T10:00:00 csat 5     1         5
r2          c2          2024-02-02T09:00:00 2024-02-20T09:00:00 csat 7     1         7    # another scale; later than 14 days, so no response in time
r3          c3          2024-02-05T09:00:00 2024-02-06T09:00:00 csat 3     1         5
r4          c4          2024-02-20T09:00:00 -                   csat -     1         5    # not answered, and not yet due
r5          c1          2024-02-06T09:00:00 2024-02-07T09:00:00 csat 6     1         5    # outside its scale: refused
r6          c1          2024-02-08T09:00:00 2024-02-09T09:00:00 nps  10    0         10
r6          c1          2024-02-08T09:00:00 2024-02-09T09:00:00 nps  10    0         10   # delivered twice
r7          c2          2024-02-08T09:00:00 2024-02-10T09:00:00 nps  6     0         10
r8          c3          2024-02-12T09:00:00 2024-03-02T09:00:00 nps  0     0         10   # answered after the as-of day: reads as unanswered
r9          c4          2024-02-10T09:00:00 2024-02-11T09:00:00 nps  9     0         10
r10         c2          2024-02-01T09:00:00 2024-02-02T09:00:00 ces  5     1         7
r11         c1          2024-02-01T09:00:00 2024-02-02T09:00:00 ces  3     1         5    # on 1 to 7 it is 1 + 6 x 2/4 = 4
r12         c3          2024-02-29T09:00:00 2024-02-29T23:59:00 csat 1     0         1    # yes of yes and no, on the leap day
"""

INTERACTIONS = """
interaction_id customer_id occurred_at          kind  channel cost
i1             c1          2024-02-03T09:00:00  call  phone   4.00
i1             c1          2024-02-03T09:00:00  call  phone   4.00  # delivered twice
i2             c2          2024-02-10T09:00:00  mail  mail    -     # no cost: counts as nothing
i3             c4          2024-01-31T23:45:00Z visit field   10.00 # in Berlin it is February
i4             c3          2024-01-05T09:00:00  call  phone   5.00
i5             c1          2024-03-01T09:00:00  call  phone   9.00  # after the as-of day: not yet
"""

SUBSCRIPTIONS = """
subscription_id customer_id started_at ended_at   monthly_amount plan
s1              c6          2023-02-01 2024-02-15 100.00         basic  # ends within February: not in its last day's sum
s2              c2          2023-01-15 2024-01-01 200.00         basic  # the same contract at its old price
s2              c2          2024-01-01 -          240.00         plus
s2              c2          2024-01-01 -          240.00         plus   # delivered twice
s3              c3          2024-02-29 2025-03-01 50.00          basic  # from the leap day on; its end is not known yet
s4              c1          2024-03-01 -          75.00          basic  # starts after the as-of day: not yet
"""

POINTS = """
entry_id customer_id occurred_at         points kind
p1       c1          2024-01-05T09:00:00 500    earn
p2       c1          2024-02-10T09:00:00 -200   redeem
p2       c1          2024-02-10T09:00:00 -200   redeem  # delivered twice
p3       c2          2023-03-01T09:00:00 100    earn    # one day before the 365 days that end with the leap day
p4       c2          2024-02-29T09:00:00 300    earn
p5       c3          2024-02-01T09:00:00 -50    adjust  # a balance below zero is owed to nobody
p6       c1          2024-02-15T09:00:00 -100   expire
p7       c2          2024-03-01T09:00:00 999    earn    # after the as-of day: not yet
"""

COSTS = """
cost_id occurred_at          center  amount
k1      2024-02-01T09:00:00  service 50.00
k2      2024-02-29T09:00:00  service 36.00
k3      2024-01-15T09:00:00  service 40.00
k4      2024-02-29T23:30:00Z service 70.00  # in Berlin it is March: not yet
k5      2024-02-10T09:00:00  service -      # no amount: refused
"""

TINY_TABLES: Mapping[str, str] = {
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "order_lines": ORDER_LINES,
    "tickets": TICKETS,
    "surveys": SURVEYS,
    "interactions": INTERACTIONS,
    "subscriptions": SUBSCRIPTIONS,
    "points": POINTS,
    "costs": COSTS,
}
"""Each base table as text."""
