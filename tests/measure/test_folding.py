"""Many sums in one pass: what is summed, by which bits, and that nothing is worked out where it must not be."""

from decimal import Decimal

import ibis
import pytest

from cpm_core.measure.folding import ROWS, Fold

# id  kind    amount  cost
# 1   sale     10.10   4
# 2   sale     20.20   -
# 3   return   -5.05  -2
# 4   -         1.00   1
ROWS_OF = [
    {"kind": "sale", "amount": Decimal("10.10"), "cost": 4.0, "text": "1"},
    {"kind": "sale", "amount": Decimal("20.20"), "cost": None, "text": "2"},
    {"kind": "return", "amount": Decimal("-5.05"), "cost": -2.0, "text": "x"},
    {"kind": None, "amount": Decimal("1.00"), "cost": 1.0, "text": "4"},
]
TABLE = ibis.table({"kind": "string", "amount": "decimal(18,4)", "cost": "float64", "text": "string"}, name="lines")
SALE = TABLE.kind == "sale"
AMOUNT = TABLE.amount.cast("float64")


@pytest.fixture(scope="module")
def connection():
    found = ibis.duckdb.connect()
    found.create_table("lines", ibis.memtable(ROWS_OF, schema=TABLE.schema()))
    yield found
    found.disconnect()


def folded(connection, **values):
    """The sums as they come out of groups by keys, and the fold."""
    fold = Fold(values)
    rows = TABLE.select("kind", **fold.columns())
    groups = rows.group_by(*(fold.keys or ["kind"])).aggregate(**fold.sums(rows))
    return connection.to_pandas(groups.aggregate(**fold.folded(groups))).iloc[0].to_dict(), fold


def test_a_condition_picks_what_is_summed(connection):
    sums, fold = folded(
        connection,
        all=TABLE.amount,
        sales=SALE.ifelse(TABLE.amount, 0),
        returns=SALE.ifelse(0, -TABLE.amount),
        count=SALE,
        both=ibis.cases((SALE, 2), (TABLE.kind == "return", 5), else_=1),
    )
    # 10.10 + 20.20 - 5.05 + 1.00; 10.10 + 20.20; 5.05 - 1.00 (a null kind is no sale); two sales; 2 + 2 + 5 + 1.
    assert sums == {
        "all": Decimal("26.25"),
        "sales": Decimal("30.30"),
        "returns": Decimal("4.05"),
        "count": 2,
        "both": 10,
    }
    assert set(fold.sums(TABLE.mutate(**fold.columns()))) == {ROWS, "sum_0"}, "one column is summed, once"


def test_squares_and_products_are_taken_apart_too(connection):
    sold = SALE.ifelse(AMOUNT, 0.0)
    sums, fold = folded(
        connection, nn=sold * sold, nd=sold * SALE.cast("float64"), none=sold * (~SALE).ifelse(AMOUNT, 0.0)
    )
    # 10.1^2 + 20.2^2 = 102.01 + 408.04; 10.1 + 20.2; no row is a sale and none.
    assert sums == {"nn": pytest.approx(510.05), "nd": pytest.approx(30.3), "none": 0}
    assert len(fold.sums(TABLE.mutate(**fold.columns()))) == 3, "rows, amounts, squares of amounts"


def test_a_null_adds_nothing(connection):
    sums, _ = folded(
        connection, cost=TABLE.cost, of_sales=SALE.ifelse(TABLE.cost, None), filled=TABLE.cost.fill_null(0)
    )
    assert sums == {"cost": 3, "of_sales": 4, "filled": 3}  # 4 - 2 + 1; the other sale has none


def test_what_may_fail_stays_behind_its_condition(connection):
    number = (TABLE.text != "x").ifelse(TABLE.text.cast("int64"), 0)
    sums, _ = folded(connection, number=number, twice=number + number)
    assert sums == {"number": 7, "twice": 14}  # 1 + 2 + 4


def test_more_conditions_than_bits(connection):
    values = {f"over_{i}": TABLE.amount > i for i in range(70)}
    sums, fold = folded(connection, **values)
    assert len(fold.keys) == 2
    # Above 0 lie 10.10, 20.20 and 1.00; above 1 to 10 the first two; above 11 to 20 one; then none.
    assert [sums[f"over_{i}"] for i in range(70)] == [3, *[2] * 10, *[1] * 10, *[0] * 49]


def test_every_engine_can_say_it():
    import ibis.backends.pyspark

    options = getattr(ibis.options, "pyspark", None) or ibis.backends.pyspark.Backend.Options()
    ibis.options.pyspark = options
    fold = Fold({"sales": SALE.ifelse(TABLE.amount, 0), "squares": SALE.ifelse(AMOUNT, 0.0) * AMOUNT})
    rows = TABLE.select(**fold.columns())
    groups = rows.group_by(*fold.keys).aggregate(**fold.sums(rows))
    for dialect in ("duckdb", "postgres", "pyspark"):
        assert "GROUP BY" in ibis.to_sql(groups.aggregate(**fold.folded(groups)), dialect=dialect)
