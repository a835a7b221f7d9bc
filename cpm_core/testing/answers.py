"""What the built-in KPIs make of the tiny book, worked out by hand from `cpm_core.testing.tiny`.

Percentages are fractions. Where a comment says rows, they are the ones that count, by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping

FEBRUARY = "2024-02"

_FEBRUARY: Mapping[str, float] = {
    # Sales: o6 30, o7 60, o7 returned -15, o8 75 (its later version), o9 20, o10 25.50; o11 is in March.
    "revenue": 195.50,
    "gross_sales": 210.50,  # without the return
    "orders": 5,
    "return_rate": 15 / 210.50,
    "average_order_value": 42.10,  # 210.50 / 5
    # Those with a cost are all but o9: 175.50, which cost 18 + 35 - 5 + 45 + 10.50 = 103.50. They are 205.50 of
    # 225.50 without signs, 91 %, so that there is a margin.
    "gross_profit": 72.00,
    "gross_margin": 72.00 / 175.50,
    # Customers: c1, c2, c3 and c4 bought.
    "active_customers": 4,
    "purchase_frequency": 1.25,  # 5 orders / 4
    "new_customers": 1,  # c3, on the leap day
    "reactivated_customers": 1,  # c4, who last bought in 2022
    # Active on 31 January (a sale in the 90 days from 3 November): c1 (10 December and later), c2 (20 November) and
    # c6 (10 November). On 29 February (from 2 December): c1, c2, c3, c4.
    "retention_rate": 2 / 3,  # c1 and c2 of c1, c2, c6
    "churn_rate": 1 / 3,  # c6
    "due_retention_rate": 1 / 2,  # c2 and c6 last bought by 1 December; c2 came again
    # Days since the first sale: c1 10 December 81, c2 20 November 101, c3 0, c4 15 November 2022 471.
    "customer_tenure_days": 653 / 4,
    # The trailing year starts on 2 March 2023: sales of c1 4, c2 2, c3, c4 and c6 1 each.
    "repeat_rate": 2 / 5,
    # Its revenue: c1 100 + 80 + 30 + 60 - 15 = 255, c2 125, c6 90, c3 25.50, c4 20; together 515.50.
    "top_20_share": 255 / 515.50,  # one of five
    "revenue_gini": (-4 * 20 - 2 * 25.50 + 0 * 90 + 2 * 125 + 4 * 255) / (5 * 515.50),
    # Satisfaction. CSAT: r1 5 of 5, r2 7 of 7, r12 yes are in the top quarter, r3 3 of 5 is not.
    "csat": 3 / 4,
    "csat_mean": (5 + 5 + 3 + 5) / 4,
    "nps": 100 / 3,  # r6 and r9 promote, r7 detracts, of three
    "ces": (5 + 4) / 2,
    # Sent by 15 February, so that 14 days have passed: r1, r2, r3 of CSAT, r6, r7, r8, r9 of NPS, r10, r11 of CES;
    # r2 took 18 days, and r8 has no answer yet.
    "survey_response_rate": 7 / 9,
    "csat_response_rate": 2 / 3,
    "nps_response_rate": 3 / 4,
    "ces_response_rate": 2 / 2,
    # Service: t1 to t5.
    "tickets": 5,
    "complaints": 2,  # t2 and t3
    "complaint_rate": 2 / 5,  # of c1 to c4, and c6, whose contract ran until 14 February
    # Hours to the first response 1, 2, 4, 8, and t3 censored: half are answered by 4.
    "first_response_hours": 4,
    # Hours to the resolution: t1 8, t4 censored at 36, t2 48 - 6 = 42, t5 48, t3 censored at 232.
    # Kaplan-Meier: after 8 there are 4/5 left, after 42 4/5 x 2/3 = .53, after 48 half of that.
    "resolution_hours": 48,
    "complaint_resolution_hours": 42,  # t2, when half of two are resolved; t3 is censored
    # Opened by 22 February, so that seven days have passed: t1, t2, t3 and t5, and t3 is not resolved.
    "resolution_rate": 3 / 4,
    "complaint_resolution_rate": 1 / 2,
    "response_sla": 3 / 5,  # four hours: t1, t2 (in exactly 4) and t4; not t3 and t5
    "resolution_sla": 3 / 4,  # 48 hours: t1, t2, t5 (in exactly 48), not t3; t4 is due on 1 March
    "reopen_rate": 1 / 3,  # t2, of those resolved in February: t1, t2, t5
    "backlog": 2,  # t3, and t4, whose resolution is in March
    # Value of the effort: 50 + 36, and i1 4 + i3 10.
    "care_cost": 100,
    "customers_served": 5,
    "cost_to_serve": 20,
    "cost_benefit_ratio": 0.72,
    # Contracts on 29 February: c2 240, c3 50; s1 ended. On 1 March 2023: c6 100, c2 200.
    "recurring_revenue": 290,
    "net_revenue_retention": 240 / 300,
    "gross_revenue_retention": 200 / 300,  # c2 counts up to its 200
    "logo_retention": 1 / 2,
    # Points earned since 2 March 2023: 500 + 300; redeemed: 200.
    "points_redemption_rate": 200 / 800,
    "points_liability": 6.00,  # c1 200 and c2 400 points at a cent
}

_EARLIER: Mapping[str, Mapping[str, float]] = {
    "revenue": {"2023-12": 100, "2024-01": 80},  # o4; o5, as o6 is in February by the clocks of Berlin
    "recurring_revenue": {"2023-12": 300, "2024-01": 340},  # s1 100 and s2 200; the new price of s2 is 240
    "backlog": {"2024-01": 0},
    "care_cost": {"2024-01": 45},  # k3 40 and i4 5
    # Created in December and known for 90 days: c1 on the 1st, who bought on the 10th. c5 is known for 86.
    "prospect_conversion": {"2023-12": 1, "2023-11": 1},
}

TINY_ANSWERS: Mapping[str, Mapping[str, float]] = {
    kpi: {**_EARLIER.get(kpi, {}), **({FEBRUARY: _FEBRUARY[kpi]} if kpi in _FEBRUARY else {})}
    for kpi in (*_FEBRUARY, *(name for name in _EARLIER if name not in _FEBRUARY))
}
"""Value by KPI and month."""
