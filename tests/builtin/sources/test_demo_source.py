"""The source `demo`: its options, what it delivers, and what becomes of it on the way to prepared tables."""

import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from cpm_core.api import DataError
from cpm_core.builtin.sources.demo import DEMO, cpm_sources, truths
from cpm_core.builtin.tables.base import cpm_tables
from cpm_core.engine.context import SourceContext
from cpm_core.engine.duck import DuckEngine
from cpm_core.model.settings import Settings
from cpm_core.tables.prepare import Preparation, Use

options = DEMO.options()


@pytest.fixture
def engine(tmp_path):
    engine = DuckEngine(tmp_path / "spill")
    yield engine
    engine.close()


def fetch(engine, folder, **given):
    context = SourceContext(engine, folder, options(**given), truths.AS_OF, None, truths.TIMEZONE, folder / "work")
    return DEMO.fetch(context)


def test_it_comes_through_the_hook():
    assert cpm_sources() == [DEMO]
    assert DEMO.id == "demo"


def test_it_loads_nothing_heavy(repository):
    heavy = "{'numpy', 'pandas', 'pyarrow', 'duckdb', 'ibis', 'scipy', 'pydantic'}"
    code = f"import sys, cpm_core.builtin.sources.demo.write; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_written_company_is_read_from_beside_the_params(engine, demo_folder, demo):
    delivered = fetch(engine, demo_folder.parent, path=demo_folder.name)
    assert tuple(delivered) == truths.TABLES
    for name, delivery in delivered.items():
        clean = demo.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        dirty = sum(truths.DIRTY[name].values()) + truths.NOT_YET.get(name, 0)
        assert engine.frame(delivery.table.aggregate(n=delivery.table.count()))["n"].iloc[0] == clean + dirty
        assert delivery.loaded_until == date(2024, 12, 31)


def test_without_a_path_the_company_is_written_first(engine, tmp_path):
    delivered = fetch(engine, tmp_path, customers=250, seed=3, half_delivery=True)
    customers = delivered["customers"].table
    assert engine.frame(customers.filter(customers.customer_id.like("C%")).distinct())["customer_id"].nunique() == 250


def test_a_folder_that_is_no_demo(engine, tmp_path):
    with pytest.raises(DataError, match=r"no demo.*cpm demo --out"):
        fetch(engine, tmp_path, path="nothing")


@pytest.mark.parametrize(
    "given",
    [{"path": "x", "customers": "300"}, {"customers": "199"}, {"seed": "-1"}, {"sed": "7"}, {"customers": "many"}],
)
def test_options_that_cannot_be(given):
    with pytest.raises(ValidationError):
        options.model_validate(given)


def test_options_are_typed_from_text():
    given = options.model_validate({"customers": "300", "seed": "9", "half_delivery": "true"})
    assert (given.customers, given.seed, given.half_delivery, given.path) == (300, 9, True, None)


@pytest.fixture(scope="module")
def prepared(demo_folder, tmp_path_factory):
    """The company on its way through conform and keys."""
    folder = tmp_path_factory.mktemp("prepared")
    engine = DuckEngine(folder / "spill")
    settings = Settings(as_of=truths.AS_OF, timezone=truths.TIMEZONE, currency=truths.CURRENCY)
    specs = {spec.id: spec for spec in cpm_tables()}
    use = Use("demo", DEMO, options(path=str(demo_folder)), demo_folder)
    yield SimpleNamespace(engine=engine, result=Preparation(engine, specs, {}, settings, folder).run([use]))
    engine.close()


@pytest.mark.parametrize("table", truths.TABLES)
def test_exactly_the_planted_rows_are_refused(prepared, demo, table):
    stats = prepared.result.tables[table]
    assert dict(stats.rejected) == dict(truths.DIRTY[table])
    assert stats.not_yet == truths.NOT_YET.get(table, 0)
    assert stats.kept == demo.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    assert (stats.moved, stats.repeated) == (0, 0)


def test_what_is_kept_is_the_clean_company_to_the_cent(prepared, demo):
    query = "SELECT count(*), sum(amount), sum(cost), min(ordered_at), max(ordered_at), sum(hash(order_id || amount)) FROM {}"
    kept = prepared.engine.connection.raw_sql(query.format(f"'{prepared.result.parquet('orders')}'")).fetchone()
    assert kept == demo.execute(query.format("orders")).fetchone()


def test_attributes_survive(prepared, demo):
    query = "SELECT service_team, planted_group, count(*) FROM {} GROUP BY ALL ORDER BY ALL"
    kept = prepared.engine.connection.raw_sql(query.format(f"'{prepared.result.parquet('customers')}'")).fetchall()
    assert kept == demo.execute(query.format("customers")).fetchall()
