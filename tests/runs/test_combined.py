from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cpm_core.runs.combined import FACTS, write_facts
from cpm_core.runs.record import RECORD


@pytest.fixture
def publish(tmp_path, published):
    """Publish a run with facts, and let readers see it."""

    def write(report, run, table, latest=True):
        folder = published(tmp_path / report, run, workbook=report.split("/")[0])
        pq.write_table(table, folder / FACTS)
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        record["files"][FACTS] = {}
        (folder / RECORD).write_text(json.dumps(record), encoding="utf-8")
        if latest:
            pointer = {"run": run, "folder": f"runs/{run}"}
            (tmp_path / report / "latest.json").write_text(json.dumps(pointer), encoding="utf-8")
        return folder

    return write


def facts(**columns):
    return pa.table(columns)


def test_the_facts_that_readers_see_stand_in_one_table(tmp_path, publish):
    publish("shop/region=北", "2024-03-31-a", facts(kpi=["revenue"], value=[2.0], member=["web"]))
    publish("shop/region=South", "2024-02-29-b", facts(kpi=["revenue"], value=[9.0], member=[""]), latest=False)
    publish("shop/region=South", "2024-03-31-b", facts(kpi=["revenue", "orders"], value=[3.0, 4.0], member=["", ""]))
    publish("bank", "2024-03-31-c", facts(kpi=["revenue"], value=[1.0], member=[""]))
    assert write_facts(tmp_path) == tmp_path / FACTS
    rows = pd.read_parquet(tmp_path / FACTS).to_dict("split", index=False)
    assert rows["columns"] == ["report", "grid_member", "kpi", "value", "member"]
    assert rows["data"] == [
        ["bank", "", "revenue", 1.0, ""],
        ["shop/region=South", "region=South", "revenue", 3.0, ""],
        ["shop/region=South", "region=South", "orders", 4.0, ""],
        ["shop/region=北", "region=北", "revenue", 2.0, "web"],
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".facts")] == []


def test_columns_and_types_that_differ_are_brought_together(tmp_path, publish):
    publish("a", "2024-03-31-a", facts(n=pa.array([1], pa.int32()), odd=pa.array(["x"]), old=[True]))
    publish("b", "2024-03-31-b", facts(n=pa.array([2.5]), odd=pa.array([7]), new=pa.array(["y"], pa.large_string())))
    publish("c", "2024-03-31-c", facts(n=pa.array([None], pa.null())))
    write_facts(tmp_path)
    table = pq.read_table(tmp_path / FACTS).to_pydict()
    assert table["n"] == [1.0, 2.5, None]
    assert table["odd"] == ["x", "7", None]
    assert table["old"] == [True, None, None]
    assert table["new"] == [None, "y", None]


def test_one_that_cannot_be_written_leaves_the_old_one(tmp_path, publish, monkeypatch):
    publish("a", "2024-03-31-a", facts(n=[1]))
    write_facts(tmp_path)
    before = (tmp_path / FACTS).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space"):
        write_facts(tmp_path)
    assert (tmp_path / FACTS).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "a", FACTS]


def test_without_reports_there_is_no_table(tmp_path):
    assert write_facts(tmp_path) is None
    assert not (tmp_path / FACTS).exists()
