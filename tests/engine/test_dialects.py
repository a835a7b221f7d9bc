"""What the SQL of each engine lacks, told without a server."""

from dataclasses import replace

import ibis
import pytest

import cpm_core as cpm
from cpm_core.api import Total, kpi, table
from cpm_core.engine import dialects
from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.guarded import POSTGRES
from cpm_core.engine.spark_sql import SPARK
from cpm_core.model.errors import PluginError
from cpm_core.tables import conform
from tests.books import book, fact, plugin

BACKENDS = ("duckdb", "postgres", "spark")
ORDERS = """
order_id customer_id ordered_at       amount kind
1        a           2024-03-01T10:07 10.50  sale
2        b           2024-03-02T13:00 4.00   sale
"""
TITLE = {"en": "Blocks", "zh": "时段"}


@kpi(title=TITLE, unit="count", better="higher", table="orders", at="ordered_at", group="sales")
def early_orders(orders):
    """Orders whose quarter of an hour is before noon: Spark cuts time into no such blocks."""
    return Total(orders.ordered_at.bucket(minutes=15).hour() < 12)


@kpi(title=TITLE, unit="count", better="higher", table="order_blocks", at="ordered_at", group="sales")
def blocks(order_blocks):
    """Rows of a derived table that Spark cannot build."""
    return Total(order_blocks.order_id.notnull())


@table(title=TITLE, key=("order_id",), at="ordered_at")
def order_blocks(orders):
    """Orders with their quarter of an hour."""
    return orders.mutate(block=orders.ordered_at.bucket(minutes=15))


@pytest.fixture
def shop():
    own = plugin("own", cpm_kpis=[early_orders, blocks], cpm_tables=[order_blocks])
    made = book(
        {"orders": ORDERS}, plugins=[own], as_of="2024-03-31", kpis=["orders", "early_orders", "blocks"], strict=False
    )
    yield made
    made.close()


def test_what_no_engine_lacks_runs(shop):
    """One of the two orders is before noon."""
    assert fact(shop.facts(), "early_orders", "2024-03").value == 1
    assert fact(shop.facts(), "blocks", "2024-03").value == 2


def test_what_a_dialect_lacks_fails_alone_and_says_why(shop, monkeypatch):
    monkeypatch.setattr(DuckEngine, "backend", "spark")
    found = shop.facts()
    assert fact(found, "orders", "2024-03").value == 2
    early, of_table = fact(found, "early_orders", "2024-03"), fact(found, "blocks", "2024-03")
    assert (early.state, of_table.state) == ("failed", "failed")
    assert early.reason == "cannot run on spark: the operation TimestampBucket of its expression is not there"
    assert (
        of_table.reason == "cannot run on spark: the operation TimestampBucket of the table order_blocks is not there"
    )
    assert len(shop.degraded()) == 2


def test_a_table_that_cannot_be_built_is_refused_by_name(shop, monkeypatch):
    monkeypatch.setattr(DuckEngine, "backend", "spark")
    with pytest.raises(PluginError, match=r"'order_blocks' cannot run on spark: its operation TimestampBucket"):
        shop.tables["order_blocks"]


def test_check_tells_it_by_kpi(shop, monkeypatch):
    from cpm_core.checks.allowed import allowed

    monkeypatch.setattr(DuckEngine, "backend", "spark")
    why = {one.name: one.why_not for one in allowed(shop).kpis}
    assert why["orders"] is None
    assert why["early_orders"].zh == "无法在 spark 上计算：该引擎不支持表达式中的运算 TimestampBucket"
    assert "order_blocks" in why["blocks"].en


def test_an_expression_has_a_text_even_where_duckdb_lacks_it():
    """What definitions are hashed of: no engine here takes the host out of an address."""
    site = ibis.table({"a": "string", "b": "string"}, name="site")
    assert [dialects.lacking(site.a.host(), backend) for backend in BACKENDS] == ["ExtractHost"] * 3
    assert dialects.text_of(site.a.host()) == dialects.text_of(site.a.host()) != dialects.text_of(site.b.host())


class Recorder:
    """Every expression that is run, whatever it is run for."""

    def __init__(self, monkeypatch):
        self.seen = []
        # What is saved are deliveries, judged by the reader of files on every engine.
        for name in ("store", "frame"):
            self._listen(monkeypatch, name)

    def _listen(self, monkeypatch, name):
        run = getattr(DuckEngine, name)

        def listened(engine, *given, **named):
            self.seen += [one for one in given if isinstance(one, ibis.Expr)]
            return run(engine, *given, **named)

        monkeypatch.setattr(DuckEngine, name, listened)


@pytest.fixture(scope="module")
def everything(repository):
    """All that is run for a small demo company: its tables, every built-in KPI in two slices, customers, rows."""
    with pytest.MonkeyPatch.context() as patch:
        recorder = Recorder(patch)
        params = repository / "params" / "demo.yaml"
        sources = [{"use": "demo", "customers": 200, "seed": 7}]
        made = cpm.open(params, history=2, sources=sources, slices=["region", "orders.channel", "tier"])
        assert set(made.facts()["state"]) <= {"ok", "few", "no data", "undefined"}
        made.customers()
        # A KPI a table: what is asked of the rows behind one differs by table only.
        asked = {one.kpi.table: name for name, one in made.compiled.items() if one.kpi.table and not one.missing}
        for name in asked.values():
            made.rows(name)
        made.close()
    return recorder.seen


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_all_that_is_run_can_be_said_to_every_engine(everything, backend):
    """It has just run on DuckDB."""
    assert len(everything) > 50
    assert {dialects.lacking(one, backend) for one in everything} == {""}


@pytest.mark.parametrize(("backend", "dialect"), [("postgres", POSTGRES), ("spark", SPARK)])
def test_deliveries_that_live_there_can_be_judged_there(backend, dialect):
    small = book({"orders": ORDERS}, as_of="2024-03-31")
    settings = replace(small.settings, timezone="Europe/Berlin")
    for provided in small.registry.tables.values():
        spec = provided.item
        raw = ibis.table({column.name: "string" for column in spec.columns}, name="raw")
        judged = conform.judged(raw, spec, {}, settings, dialect)
        assert dialects.lacking(judged, backend) == "", spec.id
    small.close()


def test_a_condition_that_is_asked_for_null_stands_in_parentheses_on_spark():
    # Spark's grammar has one IS, and none after IN: `a IN ('x') IS NOT NULL` is a syntax error there.
    rows = ibis.table({"a": "string", "b": "float64"}, name="t")
    for condition, words in (
        (rows.a.isin(["x"]), "(`t0`.`a` IN ('x')) IS NOT NULL"),
        (rows.b.notnull(), "(`t0`.`b` IS NOT NULL) IS NOT NULL"),
        (rows.b > 1, "(`t0`.`b` > 1) IS NOT NULL"),
    ):
        assert words in dialects.sql_of(rows.select(given=condition.notnull()).op(), "spark")
