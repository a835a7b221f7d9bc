"""`cpm run` on PostgreSQL: a batch shares its tables, and leaves nothing on the server."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import psycopg
import pytest

from cpm_core.engine.notes import NAMES
from cpm_core.runs.batch import run_reports
from tests.runs.projects import Project

SHOWN = "import cpm_core as cpm\nbook = cpm.open(params)\nprint(book.rows('revenue').shape, len(book.rejects()))"


def schemas(url):
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cpm%'")]


@pytest.fixture
def project(tmp_path, monkeypatch, postgres_url):
    made = Project(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    monkeypatch.setenv("CPM_TEST_DATABASE", postgres_url)
    return made


def test_a_batch_leaves_nothing_on_the_server(project, postgres_url):
    """As `orders.csv` says: 30.25 - 5.25 + 40 in March. An earlier run was killed and left its schema."""
    engine = "engine: {backend: postgres, url: secret://env/CPM_TEST_DATABASE}\n"
    project.notebook("shown", SHOWN, parameters='params: str = "params/one.yaml"')
    files = [project.params(name, notebook="shown", more=engine) for name in ("one", "two")]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA cpm_left")
    killed = project.out / "one" / ".work-999999999-dead" / "tables"
    killed.mkdir(parents=True)
    (killed / NAMES[0]).write_text("cpm_left", encoding="utf-8")
    assert run_reports(files, [], project.out) == 0
    assert schemas(postgres_url) == []
    for name in ("one", "two"):
        facts = pd.read_parquet(project.out / name / "runs" / project.latest(name) / "facts.parquet")
        revenue = facts[(facts["kpi"] == "revenue") & (facts["period"] == "2024-03")]
        assert revenue["value"].tolist() == [65.0]
    record = (project.out / "one" / "runs" / project.latest("one") / "run.json").read_text(encoding="utf-8")
    assert "secret://env/CPM_TEST_DATABASE" in record
    assert postgres_url not in record


def test_a_run_that_fails_leaves_nothing_either(project, postgres_url):
    project.notebook("broken", "1 / 0", parameters='params: str = "params/bad.yaml"')
    engine = "engine: {backend: postgres, url: secret://env/CPM_TEST_DATABASE}\n"
    assert run_reports([project.params("bad", notebook="broken", more=engine)], [], project.out) == 1
    assert schemas(postgres_url) == []
    assert not [path for path in Path(project.out).rglob("*") if path.name in NAMES]
