"""The mean customer value: over whom, as what, and what is said where no model can be fitted."""

import numpy as np
import pandas as pd
import pytest

from tests.books import book, fact, facts

ORDERS = """
order_id customer_id ordered_at amount kind
1        a           2024-01-05 100    sale
2        b           2024-02-05 50     sale
3        c           2024-02-06 -10    return
"""


def simulated(customers=150, seed=3):
    """Orders of customers whose rates and drop-outs differ, over 400 days; each a number of its own."""
    draw, rows = np.random.default_rng(seed), []
    for who in range(customers):
        day, rate, p = int(draw.integers(0, 60)), draw.gamma(1.0, 1 / 30), draw.beta(1, 8)
        mean = draw.gamma(4, 20)
        while day < 400:
            rows.append((f"{who:03d}", day, round(float(draw.gamma(5, mean / 5)) + 1, 2)))
            if draw.random() < p:
                break
            day += 1 + int(draw.exponential(1 / rate))
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    frame["ordered_at"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame.assign(order_id=range(len(frame)), kind="sale")


@pytest.fixture(scope="module")
def values():
    """The facts of one book, with costs and without, and its customers' values."""
    orders, kpis = simulated(), ["customer_lifetime_value"]
    found = {}
    for name, table in {"revenue": orders, "margin": orders.assign(cost=(orders["amount"] * 0.75).round(2))}.items():
        made = book({"orders": table.astype(str)}, as_of="2024-02-04", kpis=kpis)
        frame = made._catalog.engine.frame(made._catalog.unbound("customer_values"))
        found[name] = made.facts(), frame.sort_values("customer_id", ignore_index=True)
        made.close()
    return found


def test_the_mean_is_over_customers_with_a_sale(values):
    frame, rows = values["revenue"]
    found = fact(frame, "customer_lifetime_value", "2024-02")
    assert found["n"] == 150
    assert found["value"] == pytest.approx(rows["value_12_months"].astype(float).mean(), rel=1e-9)
    assert (rows["basis"] == "revenue").all()
    assert "revenue, not margin (150 customers)" in found["reason"]


def test_36_months_stand_beside_it(values):
    frame, rows = values["revenue"]
    found = fact(frame, "customer_value_36_months", "2024-02")
    assert found["value"] == pytest.approx(rows["value_36_months"].astype(float).mean(), rel=1e-9)
    assert found["value"] > fact(frame, "customer_lifetime_value", "2024-02")["value"]


def test_with_costs_it_is_the_margin(values):
    """The cost is three quarters of each amount, to the cent, so that a quarter of the revenue is margin."""
    (frame, rows), (_, revenue) = values["margin"], values["revenue"]
    assert (rows["basis"] == "margin").all()
    margin, whole = (one["value_12_months"].astype(float).to_numpy() for one in (rows, revenue))
    assert margin == pytest.approx(whole / 4, rel=1e-4, abs=1e-4)
    assert "revenue" not in fact(frame, "customer_lifetime_value", "2024-02")["reason"]


def test_where_no_model_can_be_fitted_there_is_no_value_and_it_is_said():
    frame = facts({"orders": ORDERS}, as_of="2024-02-29", kpis=["customer_lifetime_value"])
    value = fact(frame, "customer_lifetime_value", "2024-02")
    assert value["state"] == "undefined"
    beside = fact(frame, "customer_value_36_months", "2024-02")
    assert "2 customers without a value" in beside["reason"]


def test_without_orders_and_contracts_the_kpi_says_what_it_waits_for():
    frame = facts({"customers": "customer_id\na"}, as_of="2024-02-29", kpis=["customer_lifetime_value"])
    value = fact(frame, "customer_lifetime_value", "2024-02")
    assert (value["state"], value["reason"]) == ("no data", "table orders is not delivered")
