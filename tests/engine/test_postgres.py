"""PostgreSQL: the same reading of dirty data as DuckDB, tables in place, what is left behind, errors without secrets."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import psycopg
import pytest

import cpm_core as cpm
from cpm_core.data import WORK
from cpm_core.engine.postgres_session import open_postgres
from cpm_core.model.errors import DataError, UsageError
from tests.books import book, grid
from tests.engines import same_facts

# Berlin: 2024-03-31 02:30 does not exist, 2024-10-27 02:30 comes twice.
ORDERS = """
    order_id customer_id ordered_at                 amount     kind   cost
    1        a           2024-03-31T02:30           10.005     sale   4
    2        b           2024-10-27T02:30           20,50      sale   -
    3        b           2024-10-27T02:30           20.50      sale   1e0
    4        c           2024-10-27T00:30:00Z       1_000      sale   -
    5        a           2024-02-30                 5          sale   -
    6        a           2024/10/05                 -5.25      return -2
    7        zz          2024-10-06                 5          sale   -
    8        a           2024-10-06T24:00           5          Sale   -
    9        a           2024-10-06T24:00           5          sale   -
    9        a           2024-10-06T24:00           5          sale   -
    10       c           2024-10-07T23:59:59.999999 99999999999999.99995 sale -
    11       c           2024-10-07T23:59:59.9999999 .5        sale   abc
    12       c           2024-11-01                 7          sale   -
    13       -           2024-10-09                 7          sale   -
    14       ä           2024-10-09                 NaN        sale   -
    15       B           2024-10-09                 3          sale   -
"""
CUSTOMERS = "customer_id region\na N\nb -\nc S\nä N\nB S"
SETTINGS = {"as_of": "2024-10-31", "timezone": "Europe/Berlin", "history": 8, "slices": ["region"], "locale": "zh"}


def schemas(url):
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cpm%'")}


@pytest.fixture
def sales(postgres_url):
    """The rows above as a team might have them in its database: texts, in a schema and with names of its own."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS sales CASCADE")
        connection.execute("CREATE SCHEMA sales")
        for name, text in {"invoices": ORDERS, "clients": CUSTOMERS}.items():
            table = grid(text)
            columns = ", ".join(f"{column} text" for column in table.column_names)
            connection.execute(f"CREATE TABLE sales.{name} ({columns})")
            marks = ", ".join(["%s"] * table.num_columns)
            rows = [tuple(row.values()) for row in table.to_pylist()]
            connection.cursor().executemany(f"INSERT INTO sales.{name} VALUES ({marks})", rows)
        # A bare name that the workbook uses for a table of its own.
        connection.execute("CREATE TABLE IF NOT EXISTS public.orders AS SELECT 'wrong' AS order_id")
    return postgres_url


@pytest.fixture
def params(tmp_path, monkeypatch, sales):
    """Write a params file on the database; the address stands in the environment."""
    monkeypatch.setenv("CPM_TEST_DATABASE", sales)

    def write(tables, more=""):
        file = tmp_path / "shop.yaml"
        said = "\n".join(f"{key}: {value}" for key, value in SETTINGS.items())
        engine = "engine: {backend: postgres, url: secret://env/CPM_TEST_DATABASE}"
        file.write_text(
            f"{said}\n{engine}\n{more}\nsources:\n  - use: database\n    tables:\n{tables}", encoding="utf-8"
        )
        return file

    return write


IN_PLACE = """\
      orders: {table: sales.invoices, loaded_until: 2024-10-31}
      customers: {query: "SELECT * FROM sales.clients", loaded_until: 2024-10-31}
"""


def told(made):
    """All that two engines must agree on: facts, rejects, kept rows, counts."""
    with_counts = {
        name: (one.kept, one.not_yet, dict(one.rejected), one.moved, one.repeated)
        for name, one in made.prepare().tables.items()
    }
    columns = ["order_id", "ordered_at", "ordered_at_utc", "amount", "cost"]
    kept = made.tables["orders"].select(columns).to_pandas().sort_values("order_id", ignore_index=True)
    return made.facts(), made.rejects(), kept, with_counts


def same(ours, theirs):
    same_facts(ours[0], theirs[0])
    for a, b in zip(ours[1:3], theirs[1:3], strict=True):
        pd.testing.assert_frame_equal(a, b, check_dtype=False)
    assert ours[3] == theirs[3]


@pytest.fixture(scope="module")
def on_duckdb():
    made = book({"orders": ORDERS, "customers": CUSTOMERS}, **SETTINGS)
    yield told(made)
    made.close()


def test_dirty_rows_are_read_as_they_should(on_duckdb):
    """Worked out by hand: what the other engines are compared with is right itself."""
    _, rejects, kept, counts = on_duckdb
    reasons = dict(zip(rejects["key"], rejects["reason"], strict=True))
    assert reasons == {
        "2 sale": "not a number",
        "5 sale": "not a time",
        "7 sale": "unknown customer",
        "8 Sale": "unknown kind",
        "9 sale": "duplicate",
        "10 sale": "not a number",
        "11 sale": "not a number",
        "13 sale": "missing",
        "14 sale": "not a number",
    }
    rows = kept.set_index("order_id")
    assert sorted(rows.index) == ["1", "15", "3", "4", "6", "9"]
    # An hour forward, out of the gap; and the later of the two instants: standard time, UTC+1.
    assert rows.loc["1", ["ordered_at", "ordered_at_utc"]].tolist() == [
        datetime(2024, 3, 31, 3, 30),
        datetime(2024, 3, 31, 1, 30),
    ]
    assert rows.loc["3", "ordered_at_utc"] == datetime(2024, 10, 27, 1, 30)
    # Half past midnight UTC is half past two for the first time: summer time, UTC+2.
    assert rows.loc["4", ["ordered_at", "ordered_at_utc"]].tolist() == [
        datetime(2024, 10, 27, 2, 30),
        datetime(2024, 10, 27, 0, 30),
    ]
    assert rows.loc["9", "ordered_at"] == datetime(2024, 10, 7)
    assert [str(rows.loc[one, "amount"]) for one in ("1", "4", "6")] == ["10.0050", "1000.0000", "-5.2500"]
    assert counts["orders"] == (6, 1, rejects[rejects["table"] == "orders"]["reason"].value_counts().to_dict(), 1, 2)


def test_files_moved_to_the_server_say_the_same(postgres, postgres_url, on_duckdb):
    made = book({"orders": ORDERS, "customers": CUSTOMERS}, **SETTINGS, engine=postgres)
    try:
        same(on_duckdb, told(made))
        assert schemas(postgres_url)
    finally:
        made.close()
    assert not schemas(postgres_url)


def test_tables_in_place_say_the_same(params, on_duckdb, postgres_url):
    made = cpm.open(params(IN_PLACE))
    try:
        found = told(made)
        assert set(made.fingerprints) == {"database:orders", "database:customers"}
        same(on_duckdb, (found[0], found[1].assign(source="given"), *found[2:]))
    finally:
        made.close()
    assert not schemas(postgres_url)


def test_columns_are_mapped_by_name_constant_and_sql(params, sales):
    with psycopg.connect(sales, autocommit=True) as connection:
        connection.execute("CREATE TYPE sales.what AS ENUM ('sale', 'return')")
        connection.execute(
            "CREATE TABLE sales.bills (no int, who char(3), at timestamptz, net numeric, vat float8, what sales.what)"
        )
        connection.execute("INSERT INTO sales.bills VALUES (7, 'a', '2024-10-01 00:30+02', 10, .5, 'sale')")
    made = cpm.open(
        params(
            "      orders:\n"
            "        table: sales.bills\n"
            "        columns: {order_id: no, customer_id: who, ordered_at: at, kind: what, channel: {value: web},\n"
            "                  amount: {sql: net + vat}}\n"
        )
    )
    try:
        row = made.tables["orders"].to_pandas().iloc[0]
    finally:
        made.close()
    said = {"order_id": "7", "customer_id": "a", "kind": "sale", "channel": "web", "vat": 0.5}
    assert {name: row[name] for name in said} == said
    assert (str(row["amount"]), row["ordered_at"]) == ("10.5000", datetime(2024, 10, 1, 0, 30))


def test_a_fingerprint_is_of_the_rows_and_not_of_their_order(params, sales):
    def prints():
        made = cpm.open(params(IN_PLACE))
        try:
            return dict(made.fingerprints)
        finally:
            made.close()

    first = prints()
    with psycopg.connect(sales, autocommit=True) as connection:
        connection.execute("CREATE TABLE sales.sorted AS SELECT * FROM sales.invoices ORDER BY amount")
        connection.execute("DROP TABLE sales.invoices")
        connection.execute("ALTER TABLE sales.sorted RENAME TO invoices")
        assert prints() == first
        connection.execute("UPDATE sales.invoices SET amount = '20.51' WHERE order_id = '3'")
    changed = prints()
    assert changed["database:orders"] != first["database:orders"]
    assert changed["database:customers"] == first["database:customers"]


def test_a_kernel_sees_what_its_runner_has_prepared(params, postgres_url, tmp_path, monkeypatch):
    file = params(IN_PLACE)
    runner = cpm.open(file, work=tmp_path / "work")
    try:
        facts = runner.facts()
        kept = schemas(postgres_url)
        monkeypatch.setenv(WORK, str(tmp_path / "work"))
        kernel = cpm.open(file)
        assert len(kernel.rows("revenue", "2024-10")) == 5
        assert kernel.tables["customer_profile"].count().execute() == 5
        kernel.close()
        assert schemas(postgres_url) == kept
        same_facts(facts, kernel.facts())
    finally:
        runner.close(dropping=tmp_path / "work")
    assert not schemas(postgres_url)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ("      orders: {table: sales.invoice}\n", "no table 'sales.invoice' (nearest: sales.invoices"),
        ("      orders: {query: SELECT nothing FROM sales.invoices}\n", 'column "nothing" does not exist'),
        (
            "      orders: {table: sales.invoices, columns: {amount: amont}}\n",
            "no column 'amont' for 'amount' (nearest: amount",
        ),
    ],
)
def test_what_the_database_does_not_have(params, tables, words):
    made = cpm.open(params(tables))
    with pytest.raises(DataError) as caught:
        made.prepare()
    made.close()
    assert words in str(caught.value)


def test_who_may_create_nothing_is_told_what_to_ask_for(params, sales, monkeypatch, postgres_url):
    from cpm_core.checks.check import check_params

    with psycopg.connect(sales, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'reader'").fetchone():
            connection.execute("CREATE ROLE reader LOGIN PASSWORD 'hunter2'")
        connection.execute("GRANT USAGE ON SCHEMA sales TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA sales TO reader")
    monkeypatch.setenv("CPM_TEST_DATABASE", postgres_url.replace("owner@", "reader@"))
    with pytest.raises(DataError, match='GRANT CREATE, TEMPORARY ON DATABASE "postgres" TO "reader"') as caught:
        check_params([str(params(IN_PLACE))], ())
    assert caught.value.exit_code == 1


def test_no_error_tells_a_password(postgres_url, monkeypatch, tmp_path):
    port = postgres_url.partition("port=")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'guest'").fetchone():
            connection.execute("CREATE ROLE guest LOGIN PASSWORD 'right'")
    addresses = [
        f"postgresql://guest:hunter2@127.0.0.1:{port}/postgres",
        f"postgresql://guest:hunter2@127.0.0.1:{port}/hunter2",
        "postgresql://guest:hunter2@127.0.0.1:1/postgres",
        "postgresql://guest:hunter2@127.0.0.1:hunter2/postgres",
        "postgresql://guest:hunter2@[127.0.0.1/postgres",
        "host=127.0.0.1 password='hunter2",
    ]
    for address in addresses:
        monkeypatch.setenv("CPM_TEST_DATABASE", address)
        made = book(
            {"orders": ORDERS}, **SETTINGS, engine={"backend": "postgres", "url": "secret://env/CPM_TEST_DATABASE"}
        )
        with pytest.raises((DataError, UsageError)) as caught:
            made.prepare()
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert "hunter2" not in made.identity() + str(made.params)
        made.close()
    monkeypatch.setenv("PGPASSWORD", "right")
    book_ = book({}, **SETTINGS, engine={"backend": "postgres", "url": f"postgresql://guest@127.0.0.1:{port}/postgres"})
    assert book_._engine.session.info.user == "guest"
    book_.close()


def test_an_address_that_the_environment_does_not_have():
    with pytest.raises(UsageError, match="CPM_NO_SUCH of secret://env/CPM_NO_SUCH is not set"):
        book({}, **SETTINGS, engine={"backend": "postgres", "url": "secret://env/CPM_NO_SUCH"})


def test_a_query_may_take_no_longer_than_said(postgres_url, tmp_path):
    from cpm_core.engine.duck import DuckEngine

    engine = open_postgres(postgres_url, 0.05, tmp_path, DuckEngine(tmp_path))
    try:
        with pytest.raises(psycopg.errors.QueryCanceled):
            engine.frame(engine.database_query("SELECT pg_sleep(5)::text AS slept"))
    finally:
        engine.close()
