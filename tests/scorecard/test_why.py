"""Why a figure moved, on small workbooks whose parts are worked out by hand."""

import math

import pytest

from cpm_core.model.errors import MeasureError, UsageError
from tests.books import book, plugin

ORDERS = "order_id customer_id ordered_at amount kind channel\n"
CUSTOMERS = "customer_id region segment name\n"
SURVEYS = "response_id customer_id sent_at responded_at kind score scale_min scale_max ticket_id\n"
TICKETS = "ticket_id customer_id opened_at first_response_at resolved_at team\n"


def rows(*groups):
    """Orders: of each group (month, channel, number, amount) so many, of one customer each."""
    lines = []
    for month, channel, number, amount in groups:
        for one in range(number):
            kind = "sale" if amount >= 0 else "return"
            lines.append(f"{month}{channel}{kind}{one} c{one} {month}-10 {amount} {kind} {channel}")
    return ORDERS + "\n".join(lines)


@pytest.fixture
def opened(request):
    """Opens small workbooks and closes them."""

    def make(tables, **params):
        made = book(tables, **{"as_of": "2024-02-29", "history": 2, **params})
        request.addfinalizer(made.close)
        return made

    return make


def parts(why):
    return dict(zip(why.frame["member"], why.frame["part"], strict=True))


# January: 9 orders in the store at 100 and 1 in the market at 20; February: 4 at 110 and 6 at 30.
SIMPSON = rows(
    ("2024-01", "store", 9, 100),
    ("2024-01", "market", 1, 20),
    ("2024-02", "store", 4, 110),
    ("2024-02", "market", 6, 30),
)


def test_simpsons_paradox(opened):
    # The same ten times over; the parts are worked out in test_split.py: 92 to 62; mix -14 and -26, rate 6.5 and 3.5.
    groups = (("01", "store", 90, 100), ("01", "market", 10, 20), ("02", "store", 40, 110), ("02", "market", 60, 30))
    orders = rows(*((f"2024-{month}", *group) for month, *group in groups))
    why = opened({"orders": orders}).why("average_order_value", "orders.channel")
    assert (why.before, why.after) == pytest.approx((92, 62))
    frame = why.frame.set_index("member")
    assert list(frame.index) == ["market", "store"], "the largest part first"
    assert frame["mix"].to_dict() == pytest.approx({"market": -26, "store": -14})
    assert frame["rate"].to_dict() == pytest.approx({"market": 3.5, "store": 6.5})
    assert frame["share"].to_dict() == pytest.approx({"market": 22.5 / 30, "store": 7.5 / 30})
    assert frame.loc["store", ["before", "after", "weight_before", "weight_after"]].tolist() == [100, 110, 0.9, 0.4]
    assert abs(frame["part"].sum() - why.change) < 1e-9
    assert "What moved it is the mix by channel (orders), −40.00; within the members it moved by +10.00." in why.text.en
    assert "主要来自渠道（订单）的结构变化：−40.00；各成员自身的变化为+10.00。" in why.text.zh


def test_a_sum_falls_into_contributions(opened):
    # North 100 to 60, South 50 to 50, East nothing to 30: -40, 0 and +30 of -10.
    customers = CUSTOMERS + "n North - -\ns South - -\ne East - -"
    orders = ORDERS + "\n".join(
        f"{i} {who} 2024-{month}-10 {amount} sale web"
        for i, (who, month, amount) in enumerate(
            [("n", "01", 100), ("s", "01", 50), ("n", "02", 60), ("s", "02", 50), ("e", "02", 30)]
        )
    )
    made = opened({"customers": customers, "orders": orders})
    why = made.why("revenue", "region")
    assert parts(why) == {"North": -40, "South": 0, "East": 30}
    assert why.change == -10
    assert why.frame["mix"].isna().all()
    # A count that adds up, over the members' own attribute: 2 to 3 customers.
    assert parts(made.why("active_customers", "region")) == {"East": 1, "North": 0, "South": 0}


def test_a_quotient_of_sums_splits_too(opened):
    # Orders a customer: North 2 / 1 then 4 / 1, South 1 / 1 then 1 / 1; 3 / 2 = 1.5 to 5 / 2 = 2.5.
    # The weights stay .5 and .5: North's part is .5 x (4 - 2) = 1, South's 0.
    customers = CUSTOMERS + "n North - -\ns South - -"
    dated = [("n", "01")] * 2 + [("s", "01")] + [("n", "02")] * 4 + [("s", "02")]
    orders = ORDERS + "\n".join(f"{i} {who} 2024-{month}-10 10 sale web" for i, (who, month) in enumerate(dated))
    why = opened({"customers": customers, "orders": orders}).why("purchase_frequency", "region")
    assert (why.before, why.after) == (1.5, 2.5)
    assert parts(why) == pytest.approx({"North": 1, "South": 0})


def test_growth_splits_by_the_year_before(opened):
    # Store 100 a year ago: 150 in January, 120 in February; web 100: 50, then 130. Growth 0, then .25.
    # Both weigh .5 of the year before: .5 x (1.2 - 1.5) = -.15 and .5 x (1.3 - .5) = .4.
    groups = [
        (f"{year}-{month}", channel, 1, amount)
        for year, month, channel, amount in (
            (2023, "01", "store", 100),
            (2023, "01", "web", 100),
            (2023, "02", "store", 100),
            (2023, "02", "web", 100),
            (2024, "01", "store", 150),
            (2024, "01", "web", 50),
            (2024, "02", "store", 120),
            (2024, "02", "web", 130),
        )
    ]
    why = opened({"orders": rows(*groups)}).why("revenue_growth", "orders.channel")
    assert (why.before, why.after) == pytest.approx((0, 0.25))
    assert parts(why) == pytest.approx({"web": 0.4, "store": -0.15})


def test_a_product_falls_into_its_factors(opened):
    # Two customers with two orders of 10 and a return of 4: 2 x 1 x 10 x (1 - .2) = 16. Then one
    # customer with two orders of 15: 1 x 2 x 15 x 1 = 30.
    first = ["1 a 2024-01-05 10 sale web", "2 b 2024-01-06 10 sale web", "3 a 2024-01-07 -4 return web"]
    then = ["4 a 2024-02-05 15 sale web", "5 a 2024-02-06 15 sale web"]
    made = opened({"orders": ORDERS + "\n".join([*first, *then])})
    why = made.why("revenue", by="factors")
    assert (why.before, why.after) == (16, 30)
    frame = why.frame.set_index("member")
    assert frame["before"].to_dict() == {
        "active_customers": 2,
        "purchase_frequency": 1,
        "average_order_value": 10,
        "1 - return_rate": 0.8,
    }
    # The first two cancel (2 x 1 to 1 x 2), and so do their parts: the others move as a product of 2,
    # half at their old and half at their new values, on average.
    assert frame["part"].sum() == pytest.approx(14)
    # With x = 10 -> 15 and y = .8 -> 1 and c x f fixed at 2 when neither or both have moved, at 1 when only
    # c has, at 4 when only f has: see the definition, all 24 orders counted out below.
    assert frame["part"].to_dict() == pytest.approx(counted_out([2, 1, 10, 0.8], [1, 2, 15, 1]))
    assert "Customers who bought" in repr(why)
    assert "1 − Return rate" in repr(why)


def counted_out(before, after):
    """The definition, straight: in every order of moving, what each move brings; the mean of all orders."""
    from itertools import permutations

    names = ["active_customers", "purchase_frequency", "average_order_value", "1 - return_rate"]
    found = dict.fromkeys(names, 0.0)
    for order in permutations(range(4)):
        now = list(before)
        for one in order:
            old = math.prod(now)
            now[one] = after[one]
            found[names[one]] += (math.prod(now) - old) / 24
    return found


def satisfied(beta):
    """CSAT of two teams: alpha 16 of 20 in both months; beta 16 of 20, then so many of 20."""
    surveys, tickets = [], []
    for month, good in (("01", {"alpha": 16, "beta": 16}), ("02", {"alpha": 16, "beta": beta})):
        for team, most in good.items():
            for i in range(20):
                name = f"{month}{team}{i}"
                tickets.append(f"{name} {name} 2024-{month}-02 2024-{month}-03 2024-{month}-04 {team}")
                score = 5 if i < most else 1
                surveys.append(f"{name} {name} 2024-{month}-04 2024-{month}-05 csat {score} 1 5 {name}")
    return {"surveys": SURVEYS + "\n".join(surveys), "tickets": TICKETS + "\n".join(tickets)}


def test_a_slice_is_reached_that_the_workbook_is_not_sliced_by(opened):
    # 32 of 40 to 20 of 40: beta's half falls by .6, so -.3 is all beta's.
    made = opened(satisfied(beta=4), kpis=["csat"])
    why = made.why("csat", "tickets.team")
    assert parts(why) == pytest.approx({"beta": -0.3, "alpha": 0})
    assert why.frame["significant"].tolist() == [True, True], "alpha, too, is not alike: it did not fall"
    assert "within noise" not in why.sentence
    # Left to itself it finds the one slice that divides the answers.
    found = made.why("csat")
    assert found.slice == "tickets.team"
    assert found.tried["slice"].tolist() == ["tickets.team"]
    assert "It is the only slice at hand." in found.text.en
    assert "这是唯一可用的维度。" in found.text.zh
    assert "slice" not in why.text.en, "one that was asked for is not said to be found"


def test_a_change_within_noise_says_so(opened):
    why = opened(satisfied(beta=14), kpis=["csat"], events=[]).why("csat", "tickets.team")
    # 32 of 40 to 30 of 40.
    assert why.change == pytest.approx(-0.05)
    assert not why.frame["significant"].any()
    assert "That is within noise: the interval of the change, " in why.text.en
    assert "No member stands out" in why.text.en
    assert "What moved it" not in why.text.en, "chance is no cause"
    assert "这一变化在随机波动之内" in why.text.zh


def test_events_of_both_periods_are_named(opened):
    events = [
        {"date": day, "text": {"en": f"Event of {day}", "zh": f"{day} 的事件"}}
        for day in ("2023-12-31", "2024-01-01", "2024-02-29")
    ]
    text = opened({"orders": SIMPSON}, events=events).why("average_order_value", "orders.channel").text
    assert "Events from January 2024 to February 2024: Event of 2024-01-01 (1 January 2024); " in text.en
    assert "Event of 2024-02-29 (29 February 2024)." in text.en
    assert "2023-12-31" not in text.en
    assert "2024年1月至2024年2月期间的事件：2024-01-01 的事件（2024年1月1日）；" in text.zh


def test_many_members_do_not_win_by_chance(opened):
    # A region that halves, and a segment of thirty members that has nothing to do with it.
    customers, orders = [], []
    for i in range(300):
        customers.append(f"k{i} {'North' if i % 2 else 'South'} s{i * 7 % 30} n{i}")
        months = ["01"] if i % 4 == 1 else ["01", "02"]  # half of the North's customers (i odd) do not come back
        orders += [f"{month}{i} k{i} 2024-{month}-10 {10 + i * 13 % 17} sale web" for month in months]
    tables = {"customers": CUSTOMERS + "\n".join(customers), "orders": ORDERS + "\n".join(orders)}
    why = opened(tables).why("orders")
    assert why.slice == "region"
    tried = why.tried.set_index("slice")
    assert set(tried.index) == {"region", "segment"}
    assert not any("name" in one for one in tried.index), "personal columns are never tried"
    assert tried.loc["segment", "by_chance"] > tried.loc["region", "by_chance"]
    assert "Of 2 slices tried, this slice explains most." in why.text.en
    assert "共尝试2个维度，其中该维度的解释力最强。" in why.text.zh


# What cannot be


def test_a_median_does_not_split(opened):
    with pytest.raises(MeasureError, match="a median is not made of its members' medians") as error:
        opened(satisfied(beta=4)).why("first_response_hours", "tickets.team")
    assert "book.signals" in error.value.problems[0].fix


def test_a_concentration_does_not_split(opened):
    with pytest.raises(MeasureError, match="how unequal a whole is cannot be told from its members"):
        opened({"orders": SIMPSON}).why("revenue_gini")


def test_different_customers_split_by_their_own_attributes_only(opened):
    with pytest.raises(MeasureError, match="one customer may count for several members") as error:
        opened({"orders": SIMPSON}).why("active_customers", "orders.channel")
    assert "attribute of the customer" in error.value.problems[0].fix


def test_an_incomplete_period_is_not_explained(opened):
    with pytest.raises(MeasureError, match="2024-02 is not complete: the period is not over on 2024-02-20"):
        opened({"orders": SIMPSON}, as_of="2024-02-20").why("average_order_value", "orders.channel")


def test_personal_columns_are_refused(opened):
    tables = {"customers": CUSTOMERS + "c0 North - Zoe", "orders": SIMPSON.replace(" c1 ", " c0 ")}
    with pytest.raises(MeasureError, match="identifies persons"):
        opened(tables).why("revenue", "customers.name")


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"kpi": "revenu"}, MeasureError, "revenue"),
        ({"kpi": "revenue", "slice": "orders.chanel"}, MeasureError, "orders.channel"),
        ({"kpi": "revenue", "against": "2024-02"}, UsageError, "does not lie before"),
        ({"kpi": "revenue", "against": "yesterday"}, UsageError, "is no month"),
        ({"kpi": "revenue", "against": "yaer"}, UsageError, "nearest: year"),
        ({"kpi": "revenue", "period": "2019-01"}, UsageError, "was not measured"),
        ({"kpi": "revenue", "against": "year"}, MeasureError, "2023-02 was not measured"),
        ({"kpi": "orders", "by": "factors"}, MeasureError, "is no product of other KPIs"),
        ({"kpi": "revenue", "slice": "orders.channel", "by": "factors"}, UsageError, "factors are those of the total"),
        ({"kpi": "revenue", "by": "member"}, UsageError, "members"),
    ],
)
def test_what_is_asked_wrongly(opened, asked, error, told):
    with pytest.raises(error) as raised:
        opened({"orders": SIMPSON}).why(**asked)
    assert told in str(raised.value)


def test_members_that_do_not_add_up_are_refused(opened):
    """A team's KPI of different orders by their channel: an order is in one channel only, so that adds up."""
    from cpm_core.api import Distinct, kpi

    @kpi(title={"en": "Order ids", "zh": "订单号"}, unit="count", better="higher", table="orders", at="ordered_at")
    def order_ids(orders):
        """Different orders."""
        return Distinct(orders.order_id)

    made = opened({"orders": SIMPSON}, plugins=[plugin("ids", cpm_kpis=[order_ids])])
    # 9 and 1, then 4 and 6.
    assert parts(made.why("order_ids", "orders.channel")) == {"market": 5, "store": -5}


def test_a_month_without_rows_is_no_cause(opened):
    # Nothing in February and in March: 0 in both, and nothing moved it.
    made = opened({"orders": SIMPSON.replace("2024-02", "2024-01")}, as_of="2024-03-31", history=3)
    why = made.why("revenue", "orders.channel")
    assert (why.before, why.after, why.change) == (0, 0, 0)
    assert why.text.en == "Revenue was 0.00 in March 2024, as in February 2024."
    assert why.text.zh == "净销售额在2024年2月与2024年3月均为0.00。"
    with pytest.raises(MeasureError, match="nothing to divide by"):
        made.why("average_order_value", "orders.channel")


# Signals of members


def test_signals_of_members_by_hand(opened):
    # Nine steady months of 10 and 12 orders in the store: limits 11 -/+ 2.66 x 2 = 5.68 and 16.32 (as in
    # test_signals.py); the ninth has 20. The web has 11 and 13 throughout.
    groups = []
    for month in range(1, 10):
        groups.append((f"2024-{month:02d}", "store", 20 if month == 9 else 12 if month % 2 else 10, 5))
        groups.append((f"2024-{month:02d}", "web", 13 if month % 2 else 11, 5))
    frame = opened({"orders": rows(*groups)}, as_of="2024-09-30", history=9).signals("orders", "orders.channel")
    assert len(frame) == 9 * 2
    raised = frame[frame["signal"] != ""]
    assert raised[["period", "member", "value", "signal", "basis"]].to_numpy().tolist() == [
        ["2024-09", "store", 20, "above", "level"]
    ]
    assert raised[["low", "high"]].to_numpy().tolist()[0] == pytest.approx([5.68, 16.32])
    assert frame[frame["period"] < "2024-09"]["low"].isna().all(), "eight before it are the least"


def test_signals_of_the_total(opened):
    frame = opened({"orders": SIMPSON}).signals("orders")
    assert frame["member"].tolist() == ["", ""]
    assert frame["value"].tolist() == [10, 10]
    with pytest.raises(MeasureError, match="cannot reach"):
        opened({"orders": SIMPSON, "customers": CUSTOMERS + "c0 North - -"}).signals("new_customers", "orders.channel")
