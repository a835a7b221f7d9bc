"""Spark, a real cluster of a master and two workers: the same tables, rejects and figures as on DuckDB."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import ibis
import pandas as pd
import pytest
import yaml

import cpm_core as cpm
from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.spark_session import close_session, open_session
from cpm_core.model.errors import DataError, UsageError
from tests.books import fact
from tests.engines import same_facts

BLANKS = "\v five \f\t"
ORDERS = [
    # Berlin's clocks go forward at 02:00 on 2024-03-31, and back at 03:00 on 2024-10-27.
    ("1", "a", "2024-03-31 02:30:00", "10.50", "sale"),
    ("1", "a", "2024-03-31 02:30:00", "10.50", "sale"),
    ("2", "a", "2024-10-27 02:30", "4.00", "sale"),
    ("3", "b", "2024-10-27T00:30:00Z", "1e3", "sale"),
    ("4", "b", "2024/02/29", "-2.25", "return"),
    ("5", "b", "T12:00", "1.00", "sale"),
    ("6", "c", "2024-05-01 10:00:00", "1.5d", "sale"),
    ("7", "c", "2024-05-01 10:00:00", "7.00", "gift"),
    ("8", BLANKS, "2024-05-01 25:00:00", "3.00", "sale"),
    ("9", BLANKS, "2024-05-01 23:59:59.5", "0.0001", " sale "),
    ("10", "d", "2025-01-01 00:00:00", "5.00", "sale"),
    (None, "d", "2024-05-01", "5.00", "sale"),
]
COLUMNS = ["no", "customer_id", "ordered_at", "total", "kind"]
MAPPED = {"order_id": "no", "amount": "total"}


def opened(folder, name, engine, source, **keys):
    """A workbook in Berlin as of the end of 2024."""
    said = {"workbook": name, "as_of": "2024-12-31", "history": 12, "timezone": "Europe/Berlin", "currency": "EUR"}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**said, "engine": engine, "sources": [source], **keys}), encoding="utf-8")
    return cpm.open(path)


@pytest.fixture(scope="module")
def session(spark, tmp_path_factory):
    """A session beside the workbooks', as the team's that owns the tables has one."""
    made = open_session(spark["url"], spark["options"], tmp_path_factory.mktemp("team"))
    made.sql("CREATE DATABASE shop")
    yield made
    made.sql("DROP DATABASE shop CASCADE")
    close_session(made)


@pytest.fixture(scope="module")
def dirty(spark, session, tmp_path_factory):
    """The same rows on Spark, in a table of its catalog, and on DuckDB, in a CSV file."""
    folder = tmp_path_factory.mktemp("dirty")
    frame = pd.DataFrame(ORDERS, columns=COLUMNS)
    session.createDataFrame(frame).write.saveAsTable("shop.invoices")
    frame.to_csv(folder / "orders.csv", index=False)
    there = {"use": "database", "tables": {"orders": {"table": "shop.invoices", "columns": MAPPED}}}
    here = {"use": "files", "tables": {"orders": {"path": "orders.csv", "columns": MAPPED}}}
    books = opened(folder, "there", spark, there), opened(folder, "here", {"backend": "duckdb"}, here)
    yield books
    for book in books:
        book.close()


def test_rows_are_judged_on_spark_as_elsewhere(dirty):
    """By hand: 02:30 does not exist on 31 March and is 03:30, in UTC 01:30; of the two 02:30 on 27 October the
    later is meant, in UTC 01:30; half past midnight UTC is the earlier."""
    kept = dirty[0].tables["orders"].to_pandas().set_index("order_id").sort_index()
    assert sorted(kept.index) == ["1", "2", "3", "4", "9"]
    assert kept.loc["1", "ordered_at"] == datetime(2024, 3, 31, 3, 30)
    assert kept.loc["1", "ordered_at_utc"] == datetime(2024, 3, 31, 1, 30)
    assert kept.loc["2", "ordered_at_utc"] == datetime(2024, 10, 27, 1, 30)
    assert kept.loc["3", "ordered_at"] == datetime(2024, 10, 27, 2, 30)
    assert kept.loc["3", "ordered_at_utc"] == datetime(2024, 10, 27, 0, 30)
    assert kept.loc["4", "ordered_at"] == datetime(2024, 2, 29)
    assert kept.loc["9", "customer_id"] == "five"
    assert [str(amount) for amount in kept["amount"]] == ["10.5000", "4.0000", "1000.0000", "-2.2500", "0.0001"]


def test_the_same_rows_are_kept_and_refused_as_on_duckdb(dirty):
    ours, theirs = (book.tables["orders"].to_pandas().sort_values("order_id", ignore_index=True) for book in dirty)
    pd.testing.assert_frame_equal(ours, theirs[ours.columns])
    refused = [
        book.rejects().drop(columns="source").sort_values(["key", "reason"], ignore_index=True) for book in dirty
    ]
    pd.testing.assert_frame_equal(*refused)
    assert list(refused[0]["reason"]) == [
        "duplicate",
        "not a time",
        "not a number",
        "unknown kind",
        "not a time",
        "missing",
    ]
    stats = [book.prepare().tables["orders"] for book in dirty]
    assert (stats[0].moved, stats[0].repeated, stats[0].not_yet) == (2, 1, 1)
    assert (stats[0].delivered, stats[0].kept, stats[0].first_day) == (12, 5, stats[1].first_day)


def test_the_same_facts_of_them_as_on_duckdb(dirty):
    """October: 4.00 and 1000.00."""
    ours, theirs = (book.facts() for book in dirty)
    same_facts(ours, theirs, frozenset({"revenue", "gross_sales", "orders", "active_customers"}))
    assert fact(ours, "revenue", "2024-10").value == 1004


@pytest.mark.soak
def test_types_of_its_own_are_read_for_what_they_are(spark, session, tmp_path):
    """A TIMESTAMP is an instant: noon UTC is 13:00 in Berlin's winter. A TIMESTAMP_NTZ is local, a DATE its midnight."""
    query = """
        SELECT CAST(id AS STRING) AS order_id, concat('c', id) AS customer_id, 'sale' AS kind,
               CAST(id * 1.005 AS DECIMAL(20, 6)) AS amount, TIMESTAMP '2024-01-10 12:00:00 UTC' AS ordered_at,
               TIMESTAMP_NTZ '2024-01-10 12:00:00' AS promised_at, DATE '2024-01-10' AS updated_at,
               IF(id = 1, CAST('NaN' AS DOUBLE), CAST('Infinity' AS DOUBLE)) AS cost, array(id) AS baskets
        FROM range(1, 3)"""
    source = {"use": "database", "tables": {"orders": {"query": query}}}
    book = opened(tmp_path, "types", spark, source)
    try:
        with pytest.raises(DataError, match="every row of table 'orders' was rejected: not a number"):
            book.prepare()
        source["tables"]["orders"]["columns"] = {"cost": {"sql": "amount / 2"}, "updated_at": "updated_at"}
    finally:
        book.close()
    book = opened(tmp_path, "types", spark, source)
    try:
        rows = book.tables["orders"].to_pandas().sort_values("order_id", ignore_index=True)
    finally:
        book.close()
    assert list(rows["ordered_at"].unique()) == [datetime(2024, 1, 10, 13)]
    assert list(rows["ordered_at_utc"].unique()) == [datetime(2024, 1, 10, 12)]
    assert list(rows["promised_at"].unique()) == [datetime(2024, 1, 10, 12)]
    assert list(rows["updated_at"].unique()) == [datetime(2024, 1, 10)]
    assert [str(amount) for amount in rows["amount"]] == ["1.0050", "2.0100"]
    assert [str(cost) for cost in rows["cost"]] == ["0.5025", "1.0050"]


@pytest.mark.soak
def test_a_schema_goes_with_its_workbook(spark, session, tmp_path):
    before = schemas(session)
    query = "SELECT '1' AS order_id, 'a' AS customer_id, DATE '2024-02-01' AS ordered_at, 1 AS amount, 'sale' AS kind"
    book = opened(tmp_path, "short", spark, {"use": "database", "tables": {"orders": {"query": query}}})
    book.facts()
    made = schemas(session) - before
    assert made
    warehouse = Path(spark["options"]["spark.sql.warehouse.dir"])
    assert {f"{name}.db" for name in made} <= {path.name for path in warehouse.iterdir()}
    book.close()
    assert schemas(session) == before
    assert not {f"{name}.db" for name in made} & {path.name for path in warehouse.iterdir()}


def schemas(session):
    return {row.namespace for row in session.sql("SHOW DATABASES").collect() if row.namespace.startswith("cpm_")}


@pytest.mark.soak
def test_another_process_finds_the_tables_of_a_folder(spark, engine, tmp_path):
    """As a notebook's kernel does, whose Spark knows nothing of the runner's: 1 + 2 = 3."""
    engine.give("few", ibis.memtable({"a": [1, 2]}))
    engine.store(tmp_path / "kept", "few", engine.table("few"))
    options = {**spark["options"], "spark.driver.memory": "512m"}
    code = f"""
from pathlib import Path
from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.spark_session import open_session
folder = Path({str(tmp_path)!r})
session = open_session("local[1]", {options!r}, folder / "kernel")
from cpm_core.engine.spark import SparkEngine
engine = SparkEngine(session, folder / "kernel", DuckEngine(folder / "kernel"))
assert engine.has(folder / "kept", "few") and not engine.has(folder / "kept", "none")
engine.show(folder / "kept", "few")
print(engine.frame(engine.table("few").a.sum().as_table()).iloc[0, 0])
engine.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.stdout, done.stderr) == ("3\n", ""), done.stderr
    engine.drop(tmp_path / "kept")
    assert not list(tmp_path.glob("kept/spark.json"))


TEXTS = (
    "2024-05-01|2024/02/29|2024-5-1|2024 05 01|2024-05-01 24:00:00|2024-05-01 24:00:01|2024-05-01T10|T12:00|2024|"
    "2024-05-01  10:00|2024-05-01 10:00:00.123456789|2024-05-01 10:00:60|2023-02-29|10:00|20240501|2024-05-01 1:02|"
    "2024-05-01 10:00:00 UTC|2024-05-01T10:00:00Z|2024-10-27 00:30:00+02:00|2024-05-01 10:00:00+0200|1.5d|1e3|1E+3|"
    "1_000|+5|.5|5.|--5|1,000|nan|1e400|2.0|2.5|9007199254740993|99999999999999999999|12345678901234567.5|"
    "0.00005|-0.00005|true|T|no|maybe|on"
).split("|")


@pytest.fixture(scope="module")
def engine(spark, session, tmp_path_factory):
    from cpm_core.engine.spark import SparkEngine

    folder = tmp_path_factory.mktemp("engine")
    made = SparkEngine(open_session(spark["url"], spark["options"], folder), folder, DuckEngine(folder))
    yield made
    made.close()


def test_texts_are_read_as_duckdb_reads_them(engine):
    """What a file's text means must not change where it lies in a table: DuckDB's own casts are the measure."""
    kinds = {"local": "timestamp", "whole": "int64", "real": "float64", "money": "decimal(18, 4)", "yes": "boolean"}

    def read(dialect, rows):
        cells = {name: dialect.try_cast(rows.text, ibis.dtype(kind)) for name, kind in kinds.items()}
        # The casts of casts.py: a whole number is one that equals its float, and no float is infinite.
        real = (cells["real"].isnan() | cells["real"].isinf()).ifelse(ibis.null(), cells["real"])
        whole = (cells["whole"].cast("float64") == real).ifelse(cells["whole"], ibis.null())
        zoned = rows.text.re_search("(Z|[+]0.*)$").ifelse(rows.text, ibis.null())
        instant = dialect.to_local(dialect.try_cast(zoned, ibis.dtype("timestamp('UTC')")), "Europe/Berlin")
        utc = dialect.to_utc(cells["local"], "Europe/Berlin")
        return rows.select("text", **{**cells, "real": real, "whole": whole, "instant": instant, "utc": utc})

    given = ibis.memtable({"text": TEXTS}, schema={"text": "string"})
    engine.give("texts", given)
    ours = engine.frame(read(engine.dialect, engine.table("texts"))).set_index("text")
    theirs = engine.files.frame(read(engine.files.dialect, given)).set_index("text")
    zoned = [text for text in TEXTS if text.endswith(("Z", ":00+02:00", "+0200"))]
    theirs.loc[zoned, ["local", "utc"]] = ours.loc[zoned, ["local", "utc"]]  # never asked: they are instants
    pd.testing.assert_frame_equal(ours, theirs.loc[ours.index], check_dtype=False)


def test_a_sum_that_does_not_fit_is_an_error_and_not_null(engine):
    """Two of 6e37 are beyond the 38 digits of a decimal."""
    great = ibis.literal("6" + "0" * 37).cast("decimal(38, 0)")
    engine.give("two", ibis.memtable({"a": [1, 2]}))
    with pytest.raises(engine.failures, match="OVERFLOW"):
        engine.frame(engine.table("two").mutate(great=great).great.sum().as_table())


def test_one_clear_error_where_spark_cannot_be_had(spark, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"connected to Spark at spark://127\.0\.0\.1"):
        open_session("spark://127.0.0.1:1", {}, tmp_path)
    code = """
from cpm_core.engine.spark_session import open_session
from cpm_core.model.errors import CpmError
from pathlib import Path
try:
    open_session("spark://127.0.0.1:1", {}, Path("."))
except CpmError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout.startswith("DataError engine.url: Spark cannot be reached at spark://127.0.0.1:1: "), done.stderr
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code.replace("spark://127.0.0.1:1", "local[1]")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == (
        "UsageError engine: engine spark needs Java, and there is none. "
        "Install Java 17 or later (Debian: default-jre-headless), or name it in JAVA_HOME.\n"
    )


@pytest.fixture(scope="module")
def demos(spark, repository, tmp_path_factory):
    """The demo company of docs/demo.md, its last twelve months, on both engines."""
    books = [
        cpm.open(repository / "params" / "demo.yaml", history=12, engine=engine)
        for engine in (spark, {"backend": "duckdb"})
    ]
    yield books
    for book in books:
        book.close()


@pytest.mark.soak
def test_the_whole_demo_has_the_same_facts_as_on_duckdb(demos):
    """Sums of decimals and counts to the last digit; sums of floats, which depend on the order of rows, within 1e-9."""
    ours, theirs = (book.facts() for book in demos)
    sums = {"revenue", "gross_sales", "orders", "return_rate", "average_order_value", "active_customers", "tickets"}
    same_facts(ours, theirs, frozenset(sums | {"new_customers", "retention_rate", "churn_rate", "complaint_rate"}))
    pd.testing.assert_frame_equal(*(book.customers() for book in demos), check_dtype=False)
    refused = (book.rejects().sort_values(["table", "key", "reason"], ignore_index=True) for book in demos)
    pd.testing.assert_frame_equal(*refused)
