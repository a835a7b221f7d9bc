"""What becomes of each delivered row: types, reasons, days."""

import math
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from cpm_core.api import Delivery, Source, Text, Total, kpi
from cpm_core.tables import rejects
from tests.books import book, delivered, grid, plugin

HEADER = "order_id customer_id ordered_at amount kind\n"


@pytest.fixture
def prepared(request):
    """Prepares tables and gives the statistics and frames of what is kept and refused."""

    def prepare(tables, **params):
        made = book(tables, **{"as_of": "2024-12-31", **params})
        request.addfinalizer(made.close)
        return made.prepare()

    return prepare


def kept(prepared, table="orders"):
    return pd.read_parquet(prepared.parquet(table))


def refused(prepared):
    frame = pd.read_parquet(prepared.rejects)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]


def test_every_reason_with_column_key_and_value(prepared):
    orders = f"""{HEADER}
    ok       a 2024-01-01 1     sale
    nobody   - 2024-01-01 1     sale
    undated  a -          1     sale
    word     a 2024-01-01 abc   sale
    comma    a 2024-01-01 1,5   sale
    unpriced a 2024-01-01 -     sale
    febday   a 2024-02-30 1     sale
    german   a 31.12.2024 1     sale
    gift     a 2024-01-01 1     gift
    negative a 2024-01-01 -1    sale
    positive a 2024-01-01 1     return
    stranger z 2024-01-01 1     sale
    free     a 2024-01-01 0     sale
    nothing  a 2024-01-01 0     return
    """
    found = prepared({"orders": orders, "customers": "customer_id\na"})
    assert sorted(kept(found)["order_id"]) == ["free", "nothing", "ok"]
    assert sorted(refused(found), key=lambda row: row[4]) == [
        ("orders", "given", rejects.NOT_A_NUMBER, "amount", "comma sale", "1,5"),
        ("orders", "given", rejects.NOT_A_TIME, "ordered_at", "febday sale", "2024-02-30"),
        ("orders", "given", rejects.NOT_A_TIME, "ordered_at", "german sale", "31.12.2024"),
        ("orders", "given", rejects.UNKNOWN_KIND, "kind", "gift gift", "gift"),
        ("orders", "given", "sign", "amount", "negative sale", "-1.0000"),
        ("orders", "given", rejects.MISSING, "customer_id", "nobody sale", None),
        ("orders", "given", "sign", "amount", "positive return", "1.0000"),
        ("orders", "given", rejects.UNKNOWN_CUSTOMER, "customer_id", "stranger sale", None),
        ("orders", "given", rejects.MISSING, "ordered_at", "undated sale", None),
        ("orders", "given", rejects.MISSING, "amount", "unpriced sale", None),
        ("orders", "given", rejects.NOT_A_NUMBER, "amount", "word sale", "abc"),
    ]
    stats = found.tables["orders"]
    assert (stats.delivered, stats.kept, sum(stats.rejected.values())) == (14, 3, 11)
    assert dict(stats.rejected) == {
        rejects.MISSING: 3,
        rejects.NOT_A_NUMBER: 2,
        rejects.NOT_A_TIME: 2,
        rejects.UNKNOWN_CUSTOMER: 1,
        rejects.UNKNOWN_KIND: 1,
        "sign": 2,
    }


def test_answers_outside_their_scale_or_undated(prepared):
    surveys = """
    response_id customer_id responded_at kind score scale_min scale_max
    good        a           2024-01-01   csat 5     1         5
    open        a           -            csat -     1         5
    high        a           2024-01-01   csat 6     1         5
    low         a           2024-01-01   csat 0     1         5
    nps_of_5    a           2024-01-01   nps  5     1         5
    nps_of_10   a           2024-01-01   nps  10    0         10
    upside      a           2024-01-01   csat 5     5         1
    undated     a           -            csat 5     1         5
    """
    found = prepared({"surveys": surveys})
    assert sorted(kept(found, "surveys")["response_id"]) == ["good", "nps_of_10", "open"]
    reasons = {row[4]: row[2] for row in refused(found)}
    assert reasons == {"high": "scale", "low": "scale", "nps_of_5": "scale", "upside": "scale", "undated": "undated"}


def test_ids_are_text_however_they_are_written(prepared):
    typed = {
        "text": pa.table({"customer_id": ["007", " 8 ", "", None]}),
        "whole": pa.table({"customer_id": pa.array([7, 8, None], pa.int64())}),
        # A column of whole numbers with gaps is one of floats in many files.
        "float": pa.table({"customer_id": pa.array([7.0, 8.5, math.nan, None, 1e300], pa.float64())}),
    }
    ids = {name: set(kept(prepared({"customers": table}), "customers")["customer_id"]) for name, table in typed.items()}
    assert ids["text"] == {"007", "8"}
    assert ids["whole"] == {"7", "8"}
    assert {"7", "8.5"} < ids["float"]
    assert len(ids["float"]) == 3, "nan is no id"


def test_numbers_are_exact_and_what_is_none_is_refused(prepared):
    cells = {"plain": "12.5", "spaced": " 7 ", "long": "0.12345", "big": "99999999999999.9999", "power": "1e3"}
    bad = {"nan": "nan", "inf": "inf", "hex": "0x10", "thousands": "1,000", "units": "5EUR", "huge": "1e20"}
    rows = {**cells, **bad}
    table = pa.table(
        {
            "order_id": list(rows),
            "customer_id": ["a"] * len(rows),
            "ordered_at": ["2024-01-01"] * len(rows),
            "amount": list(rows.values()),
            "kind": ["sale"] * len(rows),
        }
    )
    found = prepared({"orders": table})
    amounts = dict(kept(found)[["order_id", "amount"]].itertuples(index=False))
    assert amounts == {
        "plain": Decimal("12.5"),
        "spaced": Decimal(7),
        "long": Decimal("0.1235"),
        "big": Decimal("99999999999999.9999"),
        "power": Decimal(1000),
    }
    assert {row[4].split()[0] for row in refused(found)} == set(bad)


def test_numbers_that_are_none_in_other_columns(prepared):
    tickets = """
    ticket_id customer_id opened_at  waiting_hours reopened_count
    1         a           2024-01-01 1.5           2
    2         a           2024-01-01 nan           1
    3         a           2024-01-01 inf           1
    4         a           2024-01-01 1             few
    5         a           2024-01-01 1             3.0
    6         a           2024-01-01 1             2.5
    """
    found = prepared({"tickets": tickets})
    assert sorted(kept(found, "tickets")["ticket_id"]) == ["1", "5"]
    assert {(row[4], row[3]) for row in refused(found)} == {
        ("2", "waiting_hours"),
        ("3", "waiting_hours"),
        ("4", "reopened_count"),
        ("6", "reopened_count"),
    }


def test_floats_of_a_typed_file(prepared):
    table = pa.table(
        {
            "order_id": ["1", "2", "3", "4"],
            "customer_id": ["a"] * 4,
            "ordered_at": pa.array([datetime(2024, 1, 1)] * 4, pa.timestamp("us")),
            "amount": pa.array([0.1, math.nan, math.inf, 1e17], pa.float64()),
            "kind": ["sale"] * 4,
        }
    )
    found = prepared({"orders": table})
    assert kept(found)["amount"].tolist() == [Decimal("0.1")]
    assert {row[2] for row in refused(found)} == {rejects.NOT_A_NUMBER}


def times_of(prepared, texts, zone):
    rows = {f"{index:02d}": text for index, text in enumerate(texts)}
    orders = pa.table(
        {
            "order_id": list(rows),
            "customer_id": ["a"] * len(rows),
            "ordered_at": list(rows.values()),
            "amount": ["1"] * len(rows),
            "kind": ["sale"] * len(rows),
        }
    )
    found = prepared({"orders": orders}, timezone=zone)
    frame = kept(found).sort_values("order_id")
    return found, [
        (str(local), str(utc)) for local, utc in frame[["ordered_at", "ordered_at_utc"]].itertuples(index=False)
    ]


def test_naive_zoned_and_date_only_times(prepared):
    texts = [
        "2024-07-01 10:00:00",
        "2024-07-01T10:00",
        "2024-07-01",
        "2024-07-01T10:00:00Z",
        "2024-07-01T10:00:00+02:00",
        "2024-07-01 10:00:00-0500",
        "2024-07-01 10:00:00.250+02",
    ]
    _, found = times_of(prepared, texts, "Europe/Berlin")
    assert found == [
        ("2024-07-01 10:00:00", "2024-07-01 08:00:00"),
        ("2024-07-01 10:00:00", "2024-07-01 08:00:00"),
        ("2024-07-01 00:00:00", "2024-06-30 22:00:00"),
        ("2024-07-01 12:00:00", "2024-07-01 10:00:00"),
        ("2024-07-01 10:00:00", "2024-07-01 08:00:00"),
        ("2024-07-01 17:00:00", "2024-07-01 15:00:00"),
        ("2024-07-01 10:00:00.250000", "2024-07-01 08:00:00.250000"),
    ]


def test_local_times_that_do_not_exist_or_come_twice(prepared):
    texts = [
        "2024-03-31 01:59:59",  # the last second of winter
        "2024-03-31 02:00:00",  # does not exist: an hour forward
        "2024-03-31 02:59:59",  # neither
        "2024-03-31 03:00:00",
        "2024-10-27 01:59:59",  # once, in summer
        "2024-10-27 02:30:00",  # twice: read as standard time
        "2024-10-27 03:00:00",
        "2024-10-27T00:30:00Z",  # an instant is never doubtful: 02:30 in summer
    ]
    found, times = times_of(prepared, texts, "Europe/Berlin")
    assert times == [
        ("2024-03-31 01:59:59", "2024-03-31 00:59:59"),
        ("2024-03-31 03:00:00", "2024-03-31 01:00:00"),
        ("2024-03-31 03:59:59", "2024-03-31 01:59:59"),
        ("2024-03-31 03:00:00", "2024-03-31 01:00:00"),
        ("2024-10-27 01:59:59", "2024-10-26 23:59:59"),
        ("2024-10-27 02:30:00", "2024-10-27 01:30:00"),
        ("2024-10-27 03:00:00", "2024-10-27 02:00:00"),
        ("2024-10-27 02:30:00", "2024-10-27 00:30:00"),
    ]
    assert (found.tables["orders"].moved, found.tables["orders"].repeated) == (2, 1)


def test_a_midnight_that_does_not_exist(prepared):
    # In São Paulo summer began at midnight until 2018: the day starts at 01:00, and stays that day.
    found, times = times_of(prepared, ["2018-11-04"], "America/Sao_Paulo")
    assert times == [("2018-11-04 01:00:00", "2018-11-04 03:00:00")]
    assert found.tables["orders"].moved == 1


@pytest.mark.parametrize(
    ("column", "local"),
    [
        (pa.array([datetime(2024, 7, 1, 10)], pa.timestamp("us")), "2024-07-01 10:00:00"),
        (pa.array([datetime(2024, 7, 1, 10)], pa.timestamp("ns")), "2024-07-01 10:00:00"),
        (pa.array([datetime(2024, 7, 1, 10)], pa.timestamp("us", "UTC")), "2024-07-01 12:00:00"),
        (pa.array([date(2024, 7, 1)], pa.date32()), "2024-07-01 00:00:00"),
    ],
    ids=["naive", "nanoseconds", "zoned", "date"],
)
def test_times_of_a_typed_file(prepared, column, local):
    table = pa.table({"order_id": ["1"], "customer_id": ["a"], "ordered_at": column, "amount": ["1"], "kind": ["sale"]})
    found = kept(prepared({"orders": table}, timezone="Europe/Berlin"))
    assert str(found["ordered_at"].iloc[0]) == local


def test_the_last_day_is_local(prepared):
    # In Shanghai 2024-01-31 ends at 16:00 UTC.
    _, found = times_of(
        lambda tables, **params: prepared(tables, **{**params, "as_of": "2024-01-31"}),
        ["2024-01-31T15:59:59Z", "2024-01-31T16:00:00Z", "2024-01-31 23:59:59"],
        "Asia/Shanghai",
    )
    assert [local for local, _ in found] == ["2024-01-31 23:59:59"] * 2


def test_after_the_as_of_day_is_not_yet_and_no_reject(prepared):
    orders = f"""{HEADER}
    before a 2023-12-31T23:59:59 1   sale
    first  a 2024-01-01          1   sale
    last   a 2024-01-31T23:59:59 1   sale
    later  a 2024-02-01          1   sale
    broken a 2024-02-01          abc sale
    old    a 2023-12-01          abc sale
    """
    found = prepared({"orders": orders}, as_of="2024-01-31", since="2024-01-01")
    assert set(kept(found)["order_id"]) == {"first", "last"}
    stats = found.tables["orders"]
    assert (stats.delivered, stats.kept, stats.not_yet, stats.before_since, dict(stats.rejected)) == (6, 2, 2, 2, {})
    assert (stats.first_day, stats.last_day) == (date(2024, 1, 1), date(2024, 1, 31))


def test_what_lasts_is_not_cut_off_by_since(prepared):
    contracts = """
    subscription_id customer_id started_at monthly_amount
    1               a           2020-01-01 10
    2               a           2024-02-01 10
    """
    found = prepared({"subscriptions": contracts}, as_of="2024-01-31", since="2024-01-01")
    stats = found.tables["subscriptions"]
    assert (stats.kept, stats.not_yet, stats.before_since) == (1, 1, 0)


def test_what_became_known_later_reads_as_nothing(prepared):
    tickets = """
    ticket_id customer_id opened_at  first_response_at resolved_at      closed_at
    1         a           2024-01-30 2024-01-31T23:59  2024-02-01T00:00 2024-02-02
    2         a           2024-01-30 -                 -                -
    """
    surveys = """
    response_id customer_id sent_at    responded_at score kind scale_min scale_max comment
    early       a           2024-01-30 2024-01-31   5     csat 1         5         good
    late        a           2024-01-30 2024-02-01   5     csat 1         5         good
    unsent      a           -          2024-02-01   5     csat 1         5         good
    """
    found = prepared({"tickets": tickets, "surveys": surveys}, as_of="2024-01-31")
    first = kept(found, "tickets").set_index("ticket_id").loc["1"]
    assert str(first["first_response_at"]) == "2024-01-31 23:59:00"
    for column in ("resolved_at", "resolved_at_utc", "closed_at", "closed_at_utc"):
        assert pd.isna(first[column]), column
    answers = kept(found, "surveys").set_index("response_id")
    assert set(answers.index) == {"early", "late"}, "an unsent answer comes to be when it is given"
    assert answers.loc["early", ["score", "comment"]].tolist() == [5, "good"]
    assert answers.loc["late", ["responded_at", "responded_at_utc", "score", "comment"]].isna().all()
    assert found.tables["surveys"].rejected == {}, "an answer that is not known yet is no undated one"


def test_attributes_survive_in_their_own_types(prepared):
    orders = pa.table(
        {
            "order_id": ["1"],
            "customer_id": ["a"],
            "ordered_at": ["2024-01-01"],
            "amount": ["1"],
            "kind": ["sale"],
            "store": ["007"],
            "weight": pa.array([1.5]),
        }
    )
    found = prepared({"orders": orders})
    row = kept(found).iloc[0]
    assert (row["store"], row["weight"]) == ("007", 1.5)
    assert {"store", "weight"} < set(found.tables["orders"].columns)


def test_declared_attributes_are_typed_and_judged():
    @kpi(
        title={"en": "Promised", "zh": "承诺"},
        unit="count",
        better="higher",
        table="orders",
        at="ordered_at",
        columns={"promised_at": "timestamp", "weight": "float64"},
    )
    def promised(orders):
        return Total(orders.promised_at_utc.notnull() & (orders.weight > 1))

    orders = """
    order_id customer_id ordered_at amount kind promised_at          weight
    1        a           2024-01-01 1      sale 2024-01-05T10:00:00Z 1.5
    2        a           2024-01-01 1      sale soon                 1.5
    3        a           2024-01-01 1      sale -                    heavy
    4        a           2024-01-01 1      sale -                    -
    """
    made = book(
        {"orders": orders}, plugins=[plugin("ours", cpm_kpis=[promised])], kpis=["promised"], as_of="2024-01-31"
    )
    found = made.prepare()
    assert {row[4]: row[2] for row in refused(found)} == {
        "2 sale": rejects.NOT_A_TIME,
        "3 sale": rejects.NOT_A_NUMBER,
    }
    assert made.facts()["value"].tolist() == [1]
    made.close()


def test_a_sources_own_rejects_are_counted_and_judged_by_the_day(prepared):
    good = f"{HEADER}1 a 2024-01-01 1 sale"
    bad = """
    order_id customer_id ordered_at amount kind reason
    2        -           2024-01-01 1      sale no-customer
    3        -           2024-01-01 abc    sale no-customer
    4        -           2024-03-01 1      sale no-customer
    """

    def fetch(context):
        return {"orders": Delivery(delivered(good), rejects=delivered(bad))}

    own = Source(id="own", title=Text(en="Own", zh="自有"), fetch=fetch)
    made = book(sources=[own], as_of="2024-01-31")
    found = made.prepare()
    stats = found.tables["orders"]
    made.close()
    assert (stats.delivered, stats.kept, dict(stats.rejected), stats.not_yet) == (4, 1, {"no-customer": 2}, 1)


def test_text_in_a_grid_is_what_it_looks_like():
    assert grid("a b\n1 -").to_pylist() == [{"a": "1", "b": None}]
