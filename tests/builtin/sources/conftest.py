"""Demo companies on disk, and DuckDB over them: nothing of the project measures in these tests."""

from pathlib import Path

import duckdb
import pytest

from cpm_core.builtin.sources.demo import truths
from cpm_core.builtin.sources.demo.write import write_demo

# Business time worked out by overlap, day by day; the generator adds it up another way.
HOURS = """
CREATE MACRO business_hours(a, b) AS (
  SELECT coalesce(sum(greatest(0, epoch(least(b, d + INTERVAL 18 HOUR)) - epoch(greatest(a, d + INTERVAL 8 HOUR)))), 0) / 3600
  FROM (SELECT unnest(generate_series(date_trunc('day', a), date_trunc('day', b), INTERVAL 1 DAY)) AS d)
  WHERE isodow(d) < 6)
"""


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that sees the clean tables of a demo folder as views."""
    connection = duckdb.connect()
    for name in truths.TABLES:
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{folder}/{name}/*.parquet')")
    connection.execute(HOURS)
    return connection


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """The company of params/demo.yaml."""
    return write_demo(tmp_path_factory.mktemp("demo") / "company", customers=2000, seed=7)


@pytest.fixture(scope="session")
def demo(demo_folder):
    """The clean tables of that company."""
    with connect(demo_folder) as connection:
        yield connection


@pytest.fixture(scope="session")
def other_folder(tmp_path_factory):
    """A larger company of another seed."""
    return write_demo(tmp_path_factory.mktemp("demo") / "other", customers=6000, seed=23)


@pytest.fixture(scope="session", params=["demo_folder", "other_folder"], ids=["2000", "6000"])
def company(request):
    """Each of the two companies: what is planted must be there whatever the seed."""
    with connect(request.getfixturevalue(request.param)) as connection:
        yield connection
