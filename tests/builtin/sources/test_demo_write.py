"""Writing: the same arguments give the same rows, in chunks, aside, over nothing but a demo."""

import json
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest

from cpm_core.api import DataError
from cpm_core.builtin.sources.demo import company, truths, write
from cpm_core.builtin.sources.demo.write import write_demo


def tables(folder):
    return {name: pq.read_table(folder / name) for name in truths.TABLES}


def test_the_same_arguments_write_the_same_company(tmp_path):
    one, two = (write_demo(tmp_path / name, customers=300, seed=5) for name in ("one", "two"))
    assert tables(one) == tables(two)
    for name in truths.TABLES:
        assert (one / name / "_dirty.csv").read_bytes() == (two / name / "_dirty.csv").read_bytes()
    assert (one / "demo.json").read_bytes() == (two / "demo.json").read_bytes()


def test_another_seed_writes_another_company(tmp_path):
    one = tables(write_demo(tmp_path / "one", customers=300, seed=5))
    two = tables(write_demo(tmp_path / "two", customers=300, seed=6))
    assert all(one[name] != two[name] for name in truths.TABLES)


def test_chunks_and_parts_add_up_to_one_company(tmp_path, monkeypatch):
    monkeypatch.setattr(company, "CHUNK", 200)
    monkeypatch.setattr(write, "PART_CHUNKS", 2)
    done = []
    folder = write_demo(tmp_path / "demo", customers=1100, progress=lambda now, total: done.append((now, total)))
    assert done == [(n, 1100) for n in (200, 400, 600, 800, 1000, 1100)]
    assert sorted(path.name for path in (folder / "orders").glob("*.parquet")) == [
        f"part-0000{n}.parquet" for n in range(3)
    ]
    with duckdb.connect() as connection:
        for name, column in (("customers", "customer_id"), ("orders", "order_id"), ("tickets", "ticket_id")):
            query = f"SELECT count(*), count(DISTINCT {column}) FROM '{folder}/{name}/*.parquet'"
            rows, keys = connection.execute(query).fetchone()
            assert rows == keys == json.loads((folder / "demo.json").read_text())["rows"][name]


def test_a_chunk_does_not_depend_on_how_many_follow():
    few, many = (company.chunk_tables(3, 0, total, half_delivery=False) for total in (company.CHUNK, company.CHUNK * 9))
    assert few == many


def test_the_note_tells_how_it_was_made(demo_folder, demo):
    note = json.loads((demo_folder / "demo.json").read_text(encoding="utf-8"))
    assert (note["customers"], note["seed"], note["half_delivery"], note["as_of"]) == (2000, 7, False, "2024-12-31")
    assert note["planted"] == {table: dict(reasons) for table, reasons in truths.DIRTY.items()}
    for name in truths.TABLES:
        assert note["rows"][name] == demo.execute(f"SELECT count(*) FROM {name}").fetchone()[0]


def test_money_is_exact_and_text_is_plain(demo):
    types = dict(demo.execute("SELECT column_name, column_type FROM (DESCRIBE orders)").fetchall())
    assert types["amount"] == types["cost"] == "DECIMAL(18,4)"
    assert types["ordered_at"] == "TIMESTAMP"
    assert types["channel"] == types["customer_id"] == "VARCHAR"


def test_half_a_delivery_lacks_every_second_order_of_december_and_nothing_else(tmp_path):
    whole, half = (tables(write_demo(tmp_path / str(cut), customers=400, half_delivery=cut)) for cut in (False, True))
    same = [name for name in truths.TABLES if name not in ("orders", "order_lines")]
    assert all(whole[name] == half[name] for name in same)
    frames = {cut: one["orders"].to_pandas() for cut, one in ((False, whole), (True, half))}
    late = {cut: frame["ordered_at"].dt.date >= date(2024, 12, 1) for cut, frame in frames.items()}
    assert frames[False][~late[False]].reset_index(drop=True).equals(frames[True][~late[True]].reset_index(drop=True))
    for kind in ("sale", "return"):
        counts = {cut: int((late[cut] & (frame["kind"] == kind)).sum()) for cut, frame in frames.items()}
        assert counts[False] > 5
        assert counts[True] == -(-counts[False] // 2)
    assert set(frames[True]["order_id"]) < set(frames[False]["order_id"])
    assert set(half["order_lines"].column("order_id").to_pylist()) == set(frames[True]["order_id"])


def test_a_demo_replaces_a_demo(tmp_path):
    write_demo(tmp_path / "demo", customers=200)
    write_demo(tmp_path / "demo", customers=250)
    assert json.loads((tmp_path / "demo" / "demo.json").read_text())["customers"] == 250
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_folder_with_something_else_stays_as_it_is(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="something else"):
        write_demo(tmp_path / "mine", customers=200)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "letter.txt"]


def test_a_demo_with_something_else_in_it_stays_as_it_is(tmp_path):
    folder = write_demo(tmp_path / "demo", customers=200)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"notes\.txt"):
        write_demo(folder, customers=200)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="not a folder"):
        write_demo(tmp_path / "file")


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "empty").mkdir()
    assert write_demo(tmp_path / "empty", customers=200) == tmp_path / "empty"
    assert (tmp_path / "empty" / "demo.json").is_file()


def test_too_few_customers(tmp_path):
    with pytest.raises(DataError, match="200"):
        write_demo(tmp_path / "demo", customers=199)
    assert not any(tmp_path.iterdir())


def test_a_failure_leaves_the_old_demo_and_nothing_beside_it(tmp_path):
    write_demo(tmp_path / "demo", customers=200)

    def fail(now, total):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_demo(tmp_path / "demo", customers=300, progress=fail)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    assert json.loads((tmp_path / "demo" / "demo.json").read_text())["customers"] == 200
