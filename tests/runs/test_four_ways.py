"""One notebook by papermill alone, by papermill with our engine, by `cpm run` and by "Run all": the same facts."""

from __future__ import annotations

import nbclient
import nbformat
import pandas as pd
import papermill
import pytest

from cpm_core import cli
from tests.runs.projects import Project

PARAMETERS = """\
params: str = "params/tiny.yaml"
as_of: str | None = None
overrides: dict | None = None
to: str = "facts.parquet"
"""
CELLS = (
    "import cpm_core as cpm\n\nbook = cpm.open(params, as_of=as_of, **(overrides or {}))",
    "book.facts().to_parquet(to)",
)


def run_all(path, folder, **said):
    """As JupyterLab does it: a plain kernel in the notebook's folder; the analyst has edited the parameters cell."""
    node = nbformat.read(path, as_version=4)
    node.cells[0].source += "".join(f"\n{name} = {value!r}" for name, value in said.items())
    client = nbclient.NotebookClient(node, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """The facts of each way, and those that `cpm run` published."""
    project = Project(tmp_path_factory.mktemp("ways") / "shop")
    path = project.notebook("tiny", *CELLS, parameters=PARAMETERS)
    params, out = str(project.home / "params" / "tiny.yaml"), project.home / "out.ipynb"
    files = {way: str(project.home / f"{way}.parquet") for way in ("papermill", "engine", "cpm", "lab")}
    said = {"params": params, "as_of": "2024-02-29", "overrides": {"history": "1"}}
    given = {"progress_bar": False, "kernel_name": "python3"}
    papermill.execute_notebook(path, out, {**said, "to": files["papermill"]}, **given)
    papermill.execute_notebook(path, out, {**said, "to": files["engine"]}, engine_name="cpm", **given)
    run_all(path, project.home / "notebooks", **said, to=files["lab"])
    words = ["-p", "as_of", "2024-02-29", "-p", "history", "1", "-p", "to", files["cpm"]]
    assert cli.main(["run", params, "--out", str(project.out), *words]) == 0
    published = project.out / "tiny" / "runs" / project.latest() / "facts.parquet"
    return {way: pd.read_parquet(file) for way, file in [*files.items(), ("published", published)]}


@pytest.mark.parametrize("way", ["engine", "cpm", "lab", "published"])
def test_each_way_gives_the_facts_of_papermill_alone(facts, way):
    # By hand, of the one sale of February 2024.
    alone = facts["papermill"].drop(columns="run")
    assert alone.set_index(["kpi", "period"]).loc[
        [("revenue", "2024-02"), ("orders", "2024-02")], "value"
    ].tolist() == [
        20.5,
        1.0,
    ]
    pd.testing.assert_frame_equal(facts[way].drop(columns="run"), alone)


def test_only_a_run_has_a_name(facts):
    assert set(facts["papermill"]["run"]) == set(facts["engine"]["run"]) == set(facts["lab"]["run"]) == {""}
    (name,) = set(facts["cpm"]["run"])
    assert name.startswith("2024-02-29-")
    assert set(facts["published"]["run"]) == {name}
