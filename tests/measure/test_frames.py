"""KPIs that are pandas functions."""

import math
from pathlib import Path

import ibis
import pytest

from cpm_core.api import Derived, Frame, Total, kpi
from cpm_core.measure import frames
from cpm_core.params.paths import shown
from tests.books import book, fact, plugin

ORDERS = """order_id customer_id ordered_at       amount kind   channel
            1        a           2024-01-03       10.10  sale   web
            2        a           2024-01-20       20.20  sale   shop
            3        b           2024-01-31T23:59 30.30  sale   web
            4        b           2024-02-01       -5.00  return web
            5        c           2024-02-02       7.00   sale   -
            6        c           2024-02-29       9.00   sale   web"""
CUSTOMERS = "customer_id region\na North\nb South\nc North"
TITLE = {"en": "Test", "zh": "测试"}


def widest(rows):
    """The largest less the smallest amount."""
    return None if len(rows) < 2 else rows["amount"].max() - rows["amount"].min()


def share_of_web(rows):
    """A pair: web amounts, all amounts."""
    return rows.loc[rows["channel"] == "web", "amount"].sum(), rows["amount"].sum()


def broken(rows):
    """Fails on the second line below this one."""
    wanted = "nothing of the kind"
    return rows[wanted].sum()


def measure(function, *, sales=True, columns=("amount",)):
    """A KPI on orders that is a pandas function."""

    def compute(orders):
        return Frame(function, tuple(orders[name] for name in columns), where=orders.kind == "sale" if sales else None)

    compute.__name__ = function.__name__
    return kpi(title=TITLE, unit="number", better="higher", table="orders", at="ordered_at")(compute)


def opened(request, *kpis, **params):
    tables = {"orders": ORDERS, "customers": CUSTOMERS}
    given = {
        "as_of": "2024-02-29",
        "history": 2,
        "slices": ["region", "channel"],
        "settings": {"min_n": 2},
        "strict": False,
    }
    made = book(tables, plugins=[plugin("ours", cpm_kpis=kpis)], kpis=[one.id for one in kpis], **{**given, **params})
    request.addfinalizer(made.close)
    return made


def test_each_period_and_member_is_a_call_with_its_rows_and_the_named_columns_only(request, tmp_path):
    seen = tmp_path / "seen"

    def noted(rows):
        with seen.open("a") as file:  # a child process calls it
            file.write(f"{','.join(rows.columns)} {len(rows)}\n")
        return len(rows)

    found = opened(request, measure(widest), measure(noted)).facts()
    # January: 30.30 - 10.10; February: 9 - 7; North in January: a's 20.20 - 10.10.
    assert fact(found, "widest", "2024-01")["value"] == pytest.approx(20.2, abs=1e-9)
    assert fact(found, "widest", "2024-02")["value"] == 2
    assert fact(found, "widest", "2024-01", "region", "North")["value"] == pytest.approx(10.1, abs=1e-9)
    assert fact(found, "widest", "2024-01", "channel", "web")["value"] == pytest.approx(20.2, abs=1e-9)
    calls = [line.split() for line in seen.read_text().splitlines()]
    assert {columns for columns, _ in calls} == {"amount"}
    # Total 3 and 2; North 2 and 2, South 1 (none in February); web 2 and 1, shop 1, (none) 1.
    assert sorted(int(n) for _, n in calls) == [1, 1, 1, 1, 2, 2, 2, 2, 3]


def test_a_figure_says_that_it_is_computed_in_pandas_and_has_no_interval(request):
    one = fact(opened(request, measure(widest)).facts(), "widest", "2024-01")
    assert (one["state"], one["reason"], one["n"]) == ("ok", "computed in pandas", 3)
    assert all(math.isnan(one[name]) for name in ("low", "high", "numerator", "denominator"))
    chinese = fact(opened(request, measure(widest), locale="zh").facts(), "widest", "2024-01")
    assert chinese["reason"] == "由 pandas 计算"


def test_none_is_undefined_and_few_rows_are_few(request):
    found = opened(request, measure(widest), settings={"min_n": 3}).facts()
    south = fact(found, "widest", "2024-01", "region", "South")
    assert (south["state"], south["n"]) == ("undefined", 1)
    assert south["reason"] == "its function gives no figure; computed in pandas"
    assert fact(found, "widest", "2024-02")["state"] == "few"
    absent = fact(found, "widest", "2024-02", "region", "South")
    assert (absent["state"], absent["n"]) == ("undefined", 0), "no rows of South in February"


def test_a_pair_is_numerator_and_denominator(request):
    found = opened(request, measure(share_of_web, sales=False, columns=("amount", "channel"))).facts()
    january = fact(found, "share_of_web", "2024-01")
    # Web 10.10 + 30.30 of 60.60.
    assert (january["numerator"], january["denominator"]) == pytest.approx((40.4, 60.6))
    assert january["value"] == pytest.approx(40.4 / 60.6)
    south = fact(found, "share_of_web", "2024-02", "region", "South")
    assert (south["state"], south["denominator"]) == ("undefined", -5), "a base below zero"


def test_expressions_may_be_columns_and_rows_come_in_the_order_of_the_key(request):
    def ordered(rows):
        # In the order of the key, as floats: 20.2, 40.4, 60.6.
        assert [type(one) for one in rows["twice"]] == [float] * 3
        return float((rows["twice"] * [1, 10, 100]).sum())

    def compute(orders):
        return Frame(ordered, [(orders.amount * 2).name("twice")])

    compute.__name__ = "ordered"
    one = kpi(title=TITLE, unit="number", better="higher", table="orders", at="ordered_at")(compute)
    shuffled = "\n".join([ORDERS.splitlines()[0], *ORDERS.splitlines()[:0:-1]])
    made = book({"orders": shuffled}, plugins=[plugin("ours", cpm_kpis=[one])], kpis=["ordered"], as_of="2024-01-31")
    request.addfinalizer(made.close)
    assert fact(made.facts(), "ordered", "2024-01")["value"] == pytest.approx(20.2 + 404 + 6060)


def test_one_that_raises_is_failed_with_file_and_line_and_the_others_stand(request):
    found = opened(request, measure(widest), measure(broken)).facts()
    assert fact(found, "widest", "2024-02")["value"] == 2
    failed = fact(found, "broken", "2024-02")
    line = Path(__file__).read_text(encoding="utf-8").splitlines().index("    return rows[wanted].sum()") + 1
    assert failed["state"] == "failed"
    assert f"KeyError: 'nothing of the kind' ({shown(Path(__file__))}:{line})" in failed["reason"]


@pytest.mark.parametrize(
    ("result", "words"),
    [("many", "returned str"), ((1, 2, 3), "returned tuple"), ([1], "returned list")],
)
def test_what_is_no_number_is_refused(request, result, words):
    def odd(rows):
        return result

    failed = fact(opened(request, measure(odd)).facts(), "odd", "2024-02")
    assert failed["state"] == "failed"
    assert words in failed["reason"]


@pytest.mark.parametrize("result", [float("nan"), math.inf, None])
def test_what_is_not_finite_is_undefined(request, result):
    def odd(rows):
        return result

    assert fact(opened(request, measure(odd)).facts(), "odd", "2024-02")["state"] == "undefined"


def test_no_more_rows_are_fetched_than_the_limit(request, monkeypatch):
    monkeypatch.setattr(frames, "MOST_ROWS", 5)
    # Five sales; with the return six rows, of which the KPI counts all.
    found = opened(request, measure(widest), measure(share_of_web, sales=False, columns=("amount", "channel"))).facts()
    assert fact(found, "widest", "2024-02")["state"] == "ok"
    failed = fact(found, "share_of_web", "2024-02")
    assert failed["state"] == "failed"
    assert "6 rows would be fetched, and a KPI in pandas takes at most 5" in failed["reason"]


def test_rows_of_it_are_those_that_it_counts(request):
    made = opened(request, measure(widest))
    assert list(made.rows("widest", "2024-01")["order_id"]) == ["1", "2", "3"]
    assert list(made.rows("widest", "2024-02", "region", "North")["order_id"]) == ["5", "6"]
    assert made.rows("widest")["numerator"].isna().all()


def test_another_kpi_may_derive_from_it(request):
    @kpi(title=TITLE, unit="number", better="higher")
    def halved(widest, two):
        return Derived(widest, two)

    @kpi(title=TITLE, unit="count", better="higher", table="orders", at="ordered_at")
    def two(orders):
        return Total(ibis.literal(1))

    found = opened(request, measure(widest), two, halved).facts()
    # February: 9 - 7 = 2, over three rows.
    assert fact(found, "halved", "2024-02")["value"] == pytest.approx(2 / 3)


def test_a_changed_function_is_another_definition(request):
    def widest(rows):  # another text under the same name
        return rows["amount"].max()

    first, second = (
        opened(request, measure(one)).compiled["widest"].definition for one in (globals()["widest"], widest)
    )
    assert first != second


def test_without_columns_or_with_one_name_twice_the_kpi_is_failed(request):
    def compute(orders):
        return Frame(widest, [orders.amount, orders.amount])

    compute.__name__ = "twice"
    one = kpi(title=TITLE, unit="number", better="higher", table="orders", at="ordered_at")(compute)
    failed = fact(opened(request, one).facts(), "twice", "2024-02")
    assert "ValueError: a Frame needs at least one column, and each name once" in failed["reason"]
    with pytest.raises(ValueError, match="at least one column"):
        Frame(widest, ())


def test_a_column_that_is_not_delivered_is_told(request):
    def compute(orders):
        return Frame(widest, [orders.quantity])

    compute.__name__ = "quantities"
    one = kpi(title=TITLE, unit="number", better="higher", table="orders", at="ordered_at")(compute)
    assert fact(opened(request, one).facts(), "quantities", "2024-02")["reason"] == (
        "column orders.quantity is not delivered"
    )
