"""Expressions: what each is in Ibis, and what is refused, by name."""

import operator
from datetime import date

import ibis
import pytest

from cpm_core.engine import dialects
from cpm_core.hooks.yaml.blamed import Expression
from cpm_core.hooks.yaml.expression import ExpressionError, parsed
from cpm_core.hooks.yaml.functions import AGGREGATES, SCALARS
from cpm_core.hooks.yaml.translate import translated
from cpm_core.model.errors import PluginError
from cpm_core.model.settings import Settings

ROWS = [
    {"text": " Ab ", "n": 7, "x": 2.5, "none": None, "at": "2024-02-28T23:00:00", "until": "2024-03-01T01:30:00"},
    {"text": "xyz", "n": -7, "x": 0.0, "none": 1, "at": "2023-12-31T00:00:00", "until": "2023-12-31T06:00:00"},
]
SCHEMA = {"text": "string", "n": "int64", "x": "float64", "none": "int64", "at": "timestamp", "until": "timestamp"}
SETTINGS = Settings(as_of=date(2024, 3, 10), activity_days=3)

# The expression, and its value in both rows, worked by hand.
VALUES = {
    "n": [7, -7],
    "-n": [-7, 7],
    "n + 1 * 2": [9, -5],
    "(n + 1) * 2": [16, -12],
    "n / 2": [3.5, -3.5],
    "n % 4": [3, None],
    "n - x": [4.5, -7.0],
    "n > 0 and x > 0": [True, False],
    "n > 0 or x = 0": [True, True],
    "not n > 0": [False, True],
    "n <> 7": [False, True],
    "n != 7": [False, True],
    "n >= 7": [True, False],
    "n <= -7": [False, True],
    "n < 0": [False, True],
    "n in (1, 7)": [True, False],
    "n not in (1, 7)": [False, True],
    "n between 0 and 7": [True, False],
    "n not between 0 and 7": [False, True],
    "none is null": [True, False],
    "none is not null": [False, True],
    "text like '%b%'": [True, False],
    "text not like '%b%'": [False, True],
    "text ilike '%B%'": [True, False],
    "case when n > 0 then 'up' when n < 0 then 'down' end": ["up", "down"],
    "case n when 7 then 1 else 2 end": [1, 2],
    "if(n > 0, 'up', 'down')": ["up", "down"],
    "coalesce(none, n, 0)": [7, 1],
    "nullif(n, 7)": [None, -7],
    "greatest(n, 0)": [7, 0],
    "least(n, 0)": [0, -7],
    "abs(n)": [7, 7],
    "round(x)": [None, 0],  # half of an even number: engines differ
    "round(x / 10, 1)": [None, 0.0],
    "floor(x)": [2, 0],
    "ceil(x)": [3, 0],
    "sqrt(abs(n) + 2)": [3.0, 3.0],
    "ln(x + 1 - x)": [0.0, 0.0],
    "lower(text)": [" ab ", "xyz"],
    "upper(text)": [" AB ", "XYZ"],
    "trim(text)": ["Ab", "xyz"],
    "length(text)": [4, 3],
    "substring(text, 2, 2)": ["Ab", "yz"],
    "substring(text, 2)": ["Ab ", "yz"],
    "contains(text, 'b')": [True, False],
    "starts_with(text, 'x')": [False, True],
    "ends_with(text, 'z')": [False, True],
    "text || '!'": [" Ab !", "xyz!"],
    "year(at)": [2024, 2023],
    "quarter(at)": [1, 4],
    "month(at)": [2, 12],
    "day(at)": [28, 31],
    "hour(at)": [23, 0],
    "weekday(at)": [3, 7],  # a Wednesday, a Sunday
    "date(at) = date '2024-02-28'": [True, False],
    "at >= timestamp '2024-01-01 00:00:00'": [True, False],
    "days_between(at, until)": [2, 0],  # 2024 is a leap year
    "hours_between(at, until)": [26.5, 6.0],
    "days_between(at, settings.as_of) > settings.activity_days": [True, True],
    "cast(n as text)": ["7", "-7"],
    "cast(n as double) / 2": [3.5, -3.5],
    "cast(cast(n as decimal) as bigint)": [7, -7],
    "true": [True, True],
    "-1.5 * n": [-10.5, 10.5],
    "'it''s'": ["it's", "it's"],
}


@pytest.fixture(scope="module")
def connection():
    connection = ibis.duckdb.connect(threads=1)
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def computed(connection):
    """All of them in one query."""
    table = ibis.table(SCHEMA, name="rows")
    made = {f"v{place}": translated(parsed(text), table, SETTINGS) for place, text in enumerate(VALUES)}
    rows = ibis.memtable(ROWS).cast(SCHEMA)
    connection.create_table("rows", connection.to_pyarrow(rows))
    found = connection.to_pyarrow(table.select("n", **made).order_by(ibis.desc("n"))).to_pydict()
    return {text: found[f"v{place}"] for place, text in enumerate(VALUES)}


@pytest.mark.parametrize("text", VALUES)
def test_what_it_makes_of_two_rows(computed, text):
    for found, expected in zip(computed[text], VALUES[text], strict=True):
        if expected is not None or "null" in text:
            assert found == expected


def test_every_function_is_tried():
    tried = " ".join(VALUES)
    assert [name for name in SCALARS if f"{name}(" not in tried] == []
    assert list(AGGREGATES) == ["sum", "count", "avg", "min", "max"]


def test_many_rows(connection, computed):
    table = ibis.table(SCHEMA, name="rows")
    sums = {
        "sum(n)": 0,
        "sum(abs(n)) / count(*)": 7.0,
        "count(none)": 1,
        "count(distinct abs(n))": 1,
        "max(n) - min(n)": 14,
        "avg(x) * 2": 2.5,
        "days_between(max(until), settings.as_of)": 9,
    }
    made = {f"v{place}": translated(parsed(t, aggregates=True), table, SETTINGS) for place, t in enumerate(sums)}
    found = connection.to_pyarrow(table.aggregate(**made)).to_pylist()[0]
    assert list(found.values()) == list(sums.values())


def test_it_is_the_same_expression_as_in_python():
    table = ibis.table({"channel": "string", "amount": "decimal(18, 4)"}, name="orders")
    pairs = [
        ("channel = 'web' and amount > 10", (table.channel == "web") & (table.amount > 10)),
        ("amount * 0.2", table.amount * 0.2),
        ("channel is not null", table.channel.notnull()),
        ("channel in ('a', 'b')", table.channel.isin(["a", "b"])),
    ]
    for text, expected in pairs:
        assert translated(parsed(text), table, None).equals(expected), text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abz(n)", "there is no function 'abz'"),
        ("pg_sleep(9)", "there is no function 'pg_sleep'"),
        ("read_csv('x')", "there is no function 'read_csv'"),
        ("(select 1)", "(SELECT 1) is not allowed here"),
        ("select n", "SELECT n is not allowed here"),
        ("exists(select 1)", "is not allowed here"),
        ("n in (select n)", "is not allowed here"),
        ("n = any(x)", "is not allowed here"),
        ("row_number() over ()", "is not allowed here"),
        ("abs(n) over (partition by x)", "is not allowed here"),
        ("sum(n)", "sum() is of many rows"),
        ("n as m", "is not allowed here"),
        ("n; drop table orders", "no expression, or several"),
        ("", "no expression, or several"),
        ("*", "* is not allowed here"),
        ("abs(*)", "* is not allowed here"),
        ("count(*)", "count() is of many rows"),
        ("abs(distinct n)", "is not allowed here"),
        ("?", "is not allowed here"),
        ("@x", "is not allowed here"),
        ("n is true", "is not allowed here"),
        ("cast(n as json)", "there is no type JSON"),
        ("n::uuid", "there is no type UUID"),
        ("round(n, 1, 2)", "round() has 3 arguments"),
        ("coalesce(n)", "coalesce() has 1 arguments"),
        ("tickets.n", "tickets.n names a table"),
        ("settings.activity_day", "there is no settings.activity_day"),
        ("settings.calendar", "there is no settings.calendar"),
        ("n >", "does not parse"),
        ("n = = 1", "does not parse"),
        ("channel = 'phone", "does not parse"),
        ("x[1]", "is not allowed here"),
        ("n = null", "is neither true nor false"),
        ("null + n", "is neither true nor false"),
        ("cast(n as decimal(9, 2))", "is not allowed here"),
        ("interval '3 days'", "is not allowed here"),
        ("(" * 3000 + "n" + ")" * 3000, "characters, and 4,000 are the most"),
        ("(" * 1900 + "n" + ")" * 1900, "nested too deeply"),
        ("not " * 990 + "n", ""),
    ],
)
def test_what_is_refused(text, said):
    try:
        tree = parsed(text)
    except ExpressionError as error:
        assert said in error.what  # noqa: PT017  # either of two ends is right for what is deep
    else:
        assert not said, tree


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("abz(n)", "abs"),
        ("settings.activity_day", "activity_days"),
        ("cast(n as integr)", "integer"),
        ("cout(*)", "count"),
    ],
)
def test_the_nearest_is_told(text, near):
    with pytest.raises(ExpressionError) as caught:
        parsed(text, aggregates=True)
    assert near in caught.value.near


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum(sum(n))", "stands within another"),
        ("sum(n) + n", "n has many values"),
        ("n", "n has many values"),
        ("count(distinct n, x)", "is not allowed here"),
        ("sum(distinct n)", "is not allowed here"),
    ],
)
def test_what_is_refused_of_many_rows(text, said):
    with pytest.raises(ExpressionError, match=said):
        parsed(text, aggregates=True)


def test_a_column_that_there_is_not_is_told_with_key_line_and_the_nearest():
    table = ibis.table({"channel": "string", "amount": "decimal(18, 4)"}, name="orders")
    with pytest.raises(PluginError) as caught:
        Expression("chanel = 'web'", "ratio.of", "team.yaml:7").on(table)
    (problem,) = caught.value.problems
    assert problem.what == "ratio.of: the table 'orders' has no column 'chanel'"
    assert (problem.where, problem.nearest) == ("team.yaml:7", ("channel",))
    with pytest.raises(PluginError, match=r"A text stands in single quotes: 'web'"):
        Expression('channel = "web"', "where", "").on(table)


@pytest.mark.parametrize(
    ("text", "method", "said"),
    [
        ("channel + amount", "on", "channel is string, amount is decimal"),
        ("lower(amount)", "on", "amount is decimal"),
        ("amount", "condition", "is no condition but a decimal"),
        ("channel", "number", "is no number but a string"),
        ("date '2024-02-30' is null", "on", "'2024-02-30' is no date"),
    ],
)
def test_values_of_kinds_that_do_not_go_together(text, method, said):
    table = ibis.table({"channel": "string", "amount": "decimal(18, 4)"}, name="orders")
    with pytest.raises(PluginError, match=said):
        operator.methodcaller(method, table)(Expression(text, "total", "team.yaml:7"))


@pytest.mark.parametrize("backend", ["duckdb", "postgres", "spark"])
def test_every_engine_has_all_of_it(backend):
    table = ibis.table(SCHEMA, name="rows")
    lacking = {text: dialects.lacking(translated(parsed(text), table, SETTINGS), backend) for text in VALUES}
    assert {text: lack for text, lack in lacking.items() if lack} == {}
