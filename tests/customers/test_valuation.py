"""What customers are worth, against plain formulas, draws of parameters and hand-worked contracts."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import beta as beta_of
from scipy.special import hyp2f1

from cpm_core.customers import contracts, customer_values, valuation
from cpm_core.customers.customer_values import margin_of
from cpm_core.customers.customer_values import valuation as valuation_of
from cpm_core.customers.histories import Histories
from cpm_core.customers.models import expected_value, fit_sbg_survivors
from cpm_core.customers.models.orders import FEWEST
from cpm_core.customers.valuation import Margin
from cpm_core.model.errors import ParamsError
from cpm_core.model.settings import Settings
from cpm_core.model.value import Value
from cpm_core.params.schema import Params
from tests.books import book

MONTH = 30.4375


@pytest.fixture(scope="module")
def wholesaler(online_retail):
    """What the wholesaler's customers are worth, and their histories."""
    from cpm_core.customers.histories import fetch, histories, occasions

    catalog, day = online_retail._catalog, date(2011, 11, 30)
    found, _ = fetch(catalog.engine, histories(occasions(catalog.at("orders", day)), day))
    return valuation_of(catalog, day), found


def published_forecast(fit, x, t_x, T, t):
    """E[Y(t)] of one customer as Fader, Hardie & Lee (2005) print it, equation 10."""
    r, alpha, a, b = fit.values
    z = t / (alpha + T + t)
    whole = 1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    leaves = (a / (b + x - 1)) * ((alpha + T) / (alpha + t_x)) ** (r + x) if x else 0.0
    return (a + b + x - 1) / (a - 1) * whole / (1 + leaves)


def test_a_value_is_the_book_s_sum_over_months(wholesaler):
    """Σ (E[Y(m)] - E[Y(m-1)]) · E[value] · 1.10^(-m/12) by the published formulas, of every hundredth customer."""
    found, histories = wholesaler
    fit, spend = found.fits
    p, q, v = spend.values
    for place in range(0, len(found), 100):
        x, t_x, T = (float(one[place]) for one in (histories.repeats, histories.recency, histories.age))
        if x > 60:
            continue  # 2F1 as it is printed overflows
        ahead = [0.0, *(published_forecast(fit, x, t_x, T, m * MONTH) for m in range(1, 37))]
        mean = histories.mean_value[place] if x else 0.0
        worth = p * (v + x * mean) / (p * x + q - 1)  # Fader & Hardie 2013
        each = [(ahead[m] - ahead[m - 1]) * worth * 1.10 ** (-m / 12) for m in range(1, 37)]
        assert found.value[12][place] == pytest.approx(sum(each[:12]), rel=1e-6)
        assert found.value[36][place] == pytest.approx(sum(each), rel=1e-6)
        assert found.expected[place] == pytest.approx(ahead[12], rel=1e-6)


def test_intervals_are_those_of_drawn_parameters(wholesaler):
    """200 draws of the parameters from their normal law on the log scale, the values worked out anew for each."""
    from dataclasses import replace

    from cpm_core.customers.models import History, discounted_orders

    found, histories = wholesaler
    fit, spend = found.fits
    some = slice(0, None, 120)
    x, mean = histories.repeats[some], histories.mean_value[some]
    history = History.of(x, histories.recency[some], histories.age[some])
    draw = np.random.default_rng(11)

    def drawn(of):
        logs = draw.multivariate_normal(np.log(of.values), of.log_covariance, 200)
        return [replace(of, values=np.exp(one)) for one in logs]

    values = np.array(
        [
            discounted_orders(one, history) * expected_value(other, x, mean)
            for one, other in zip(drawn(fit), drawn(spend), strict=True)
        ]
    )
    spread = np.log(values).std(axis=0) * 1.959964
    assert np.log(found.high[some] / found.value[12][some]) == pytest.approx(spread, rel=0.2)


def test_the_total_is_of_all_with_an_interval_narrower_than_a_customer_s(wholesaler):
    found, _ = wholesaler
    first = found.totals[0]
    assert first.months == 12
    assert first.value == pytest.approx(found.value[12].sum(), rel=1e-12)
    assert first.low < first.value < first.high
    relative = (first.high - first.low) / first.value
    assert relative < np.median((found.high - found.low) / found.value[12])


def test_frequency_and_value_are_checked_for_independence(wholesaler):
    """By ranks worked out with pandas; the wholesaler's are below .3, and no warning is given."""
    import pandas as pd

    found, histories = wholesaler
    again = histories.repeats > 0
    frame = pd.DataFrame({"x": histories.repeats[again], "m": histories.mean_value[again]})
    assert found.correlation.pearson == pytest.approx(frame.corr().iloc[0, 1], abs=1e-12)
    assert found.correlation.spearman == pytest.approx(frame.rank().corr().iloc[0, 1], abs=1e-12)
    assert not found.correlation.strong
    assert valuation.Correlation(0.1, -0.31, 50).strong


def one_history(repeats, mean):
    """Customers who differ in their repeats alone."""
    x = np.asarray(repeats, float)
    ids = pa.chunked_array([[f"{place:03d}" for place in range(len(x))]])
    return Histories(ids, x, np.where(x > 0, 200.0, 0.0), np.full(len(x), 300.0), np.asarray(mean, float))


def test_all_with_one_order_have_no_value_and_it_is_said_why():
    found = valuation.of_orders(one_history([0] * 30, [np.nan] * 30), Value(), 0.95, Margin())
    assert found.reason.en == "no customer has ordered a second time"
    assert np.isnan([found.value[12], found.alive]).all()
    assert not found.totals


def test_another_horizon_stands_beside_12_and_36_months(wholesaler):
    """At a rate of 0 the months of a longer horizon only add to those of a shorter one."""
    _, whole = wholesaler
    first = [getattr(whole, name)[:600] for name in ("repeats", "recency", "age", "mean_value")]
    found, wanted = Histories(whole.ids[:600], *first), Value(horizon_months=24, discount_rate=0.0)
    value = valuation.of_orders(found, wanted, 0.95, Margin())
    assert [one.months for one in value.totals] == [12, 24, 36]
    assert (value.value[12] < value.value[24]).all()
    assert (value.value[24] < value.value[36]).all()
    rows = customer_values.rows(value, date(2011, 11, 30), Settings(as_of=date(2011, 11, 30), value=wanted))
    assert rows["horizon_value"].to_numpy().astype(float) == pytest.approx(value.value[24], abs=5e-5)
    worth = expected_value(value.fits[1], found.repeats, found.mean_value)
    assert value.value[12] == pytest.approx(value.expected * worth, rel=1e-9)


def test_a_small_workbook_is_told_apart_before_any_model_is_loaded():
    assert customer_values.FEWEST == FEWEST
    orders = "order_id customer_id ordered_at amount kind\n" + "".join(
        f"{place} c{place % 9} 2024-01-{1 + place % 28:02d} 10 sale\n" for place in range(60)
    )
    made = book({"orders": orders}, as_of="2024-12-31")
    rows = made._catalog.engine.frame(made._catalog.unbound("customer_values"))
    assert list(rows["customer_id"]) == [f"c{place}" for place in range(9)]
    assert rows.drop(columns=["customer_id", "as_of"]).isna().all(axis=None)
    assert made.value().reason == "only 9 customers have ordered a second time, and at least 10 are needed"
    made.close()


def test_margin_is_of_the_trailing_year_and_needs_its_coverage():
    """In the year to 2024-12-31: 100 - 60 of 100 and -20 + 12 of -20: 32 / 80; 120 of 130 have a cost: 92.3 %."""
    orders = """
    order_id customer_id ordered_at amount kind   cost
    1        a           2023-12-31 900    sale   1
    2        a           2024-01-02 100    sale   60
    3        a           2024-02-02 -20    return -12
    4        b           2024-03-02 10     sale   -
    """
    for least, rate in ((0.9, 0.4), (0.95, None)):
        made = book({"orders": orders}, as_of="2024-12-31", settings={"min_cost_coverage": least})
        margin = margin_of(made._catalog, date(2024, 12, 31))
        assert margin.coverage == pytest.approx(120 / 130)
        assert margin.rate == (rate if rate is None else pytest.approx(rate))
        made.close()


# As of 2024-03-15. s1 began on 15 Jan: two whole months have closed, and it runs: renewed twice, 30 a month (its price
# rose). s2 ran from 15 Jan to 20 Feb: one month and a broken one: renewed once. s3 was over after its one month, and
# s4 within it: never renewed. s5 began today. s6 ends later, which is not known yet.
CONTRACTS = """
subscription_id customer_id started_at ended_at   monthly_amount
s1              a           2024-01-15 2024-02-15 20
s1              a           2024-02-15 -          30
s2              a           2024-01-15 2024-02-20 10
s3              b           2024-01-31 2024-02-29 10
s4              b           2024-02-10 2024-02-12 10
s5              c           2024-03-15 -          7.50
s6              c           2023-12-20 2024-04-20 1
"""


def test_contracts_count_their_renewals():
    made = book({"subscriptions": CONTRACTS}, as_of="2024-03-15")
    day = date(2024, 3, 15)
    lives = contracts.fetch(made._catalog.engine, contracts.lives(made._catalog.at("subscriptions", day), day))
    made.close()
    rows = list(zip(lives.ids.to_pylist(), lives.renewals, lives.running, lives.monthly_amount, strict=True))
    assert rows == [
        ("a", 2, True, 30),
        ("a", 1, False, 0),
        ("b", 0, False, 0),
        ("b", 0, False, 0),
        ("c", 0, True, 7.5),
        ("c", 2, True, 1),
    ]


def test_a_contract_is_worth_its_amount_times_what_is_left_of_such_contracts():
    """The High End cohort of Fader & Hardie (2007): 131 lost at the first renewal, 126 at the second … 491 left.

    One that was renewed n times is renewed m times more with B(α, β + n + m) / B(α, β + n), at α .668, β 3.806.
    """
    left = np.array([1000, 869, 743, 653, 593, 551, 517, 491])
    renewals = np.concatenate([np.repeat(np.arange(7), -np.diff(left)), np.full(491, 7)])
    running = np.arange(1000) >= 509
    ids = pa.chunked_array([[f"{place:04d}" for place in range(1000)]])
    lives = contracts.Lives(ids, renewals.astype(float), running, np.where(running, 12.0, 0.0))
    found = valuation.of_contracts(lives, Value(discount_rate=0.08), 0.95)
    alpha, beta = map(found.fits[0].parameter, ("alpha", "beta"))
    assert (alpha, beta) == (pytest.approx(0.668, abs=5e-4), pytest.approx(3.806, abs=5e-4))
    assert alpha == pytest.approx(fit_sbg_survivors(1000, left[1:]).parameter("alpha"), rel=1e-6)
    worth = sum(12 * beta_of(alpha, beta + 7 + m) / beta_of(alpha, beta + 7) * 1.08 ** (-m / 12) for m in range(1, 13))
    assert found.value[12][509:] == pytest.approx(worth, rel=1e-9)
    assert (found.value[12][:509] == 0).all()
    assert (found.alive == running).all()
    assert found.totals[0].value == pytest.approx(491 * worth, rel=1e-9)
    assert found.low[600] < worth < found.high[600]


def test_without_orders_contracts_are_valued_and_a_handful_of_them_is_no_estimate():
    made = book({"subscriptions": CONTRACTS}, as_of="2024-03-15")
    value = made.value()
    assert value.valuation.basis == "contracts"
    assert value.reason.startswith("the data do not tell the parameters apart: alpha, beta")
    assert made._catalog.engine.frame(made._catalog.unbound("customer_values"))["value_12_months"].isna().all()
    assert value.backtest.reason.startswith("contracts are valued")
    made.close()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"horizon_months": 0}, "horizon_months"), ({"model": "bgbb"}, "bgnbd"), ({"discount_rate": "-5%"}, "discount")],
)
def test_wrong_params_are_told(wrong, told, tmp_path):
    from cpm_core.params.load import load

    text = ", ".join(f"{key}: {value}" for key, value in wrong.items())
    path = tmp_path / "params.yaml"
    path.write_text(f"as_of: 2024-01-01\nsources: [{{use: demo}}]\nvalue: {{{text}}}\n")
    with pytest.raises(ParamsError, match=told):
        load(path)
    assert Params.model_validate({"workbook": "a", "as_of": "2024-01-01", "sources": [{"use": "demo"}]}).value.model
