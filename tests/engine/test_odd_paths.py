"""Folders and files whose names mean something to SQL, to Python or to a pattern."""

from __future__ import annotations

from pathlib import Path

import ibis
import pytest

from cpm_core.engine import files
from cpm_core.engine.duck import DuckEngine

ODD = ("a'b", "a\"b'c", "a b", "a\u3000b", "a\u00a0b", "a[1]b", "a*b", "a?b", "客户")
"""A full-width space is a common sign in Chinese names of folders; `repr` writes it as an escape."""


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> DuckEngine:
    return DuckEngine(tmp_path_factory.mktemp("scratch"))


@pytest.mark.parametrize("name", ODD)
def test_tables_are_kept_in_any_folder(duck: DuckEngine, tmp_path: Path, name: str) -> None:
    duck.store(tmp_path / "a1b", "shop", ibis.memtable({"said": ["another"]}))
    kept = duck.store(tmp_path / name, "shop", ibis.memtable({"said": ["mine"]}))
    assert duck.frame(kept)["said"].tolist() == ["mine"]
    assert [path.name for path in (tmp_path / name).iterdir()] == ["shop.parquet"]


@pytest.mark.parametrize("name", ODD)
def test_the_file_that_is_named_is_read_and_no_other(duck: DuckEngine, tmp_path: Path, name: str) -> None:
    for one, said in ((name, "mine"), ("a1b", "another"), ("axb", "another")):
        (tmp_path / f"{one}.csv").write_text(f"said\n{said}\n", encoding="utf-8")
    found = files.matching(tmp_path / f"{name}.csv", "", tmp_path)
    assert duck.frame(files.read_csv(duck, found))["said"].tolist() == ["mine"]
    assert files.sniffed_types(duck, found[0]) == {"said": "VARCHAR"}


def test_a_pattern_is_seen_from_a_folder_whose_name_is_none(tmp_path: Path) -> None:
    for folder in ("shop [2]", "shop 2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "orders-1.csv").touch()
    home = tmp_path / "shop [2]"
    assert files.matching(home / "orders*.csv", "", home) == [home / "orders-1.csv"]


def test_columns_are_those_of_the_file_that_a_name_stands_for_now(duck: DuckEngine, tmp_path: Path) -> None:
    duck.store(tmp_path / "then", "shop", ibis.memtable({"said": ["mine"]}))
    duck.store(tmp_path / "now", "shop", ibis.memtable({"said": ["mine"], "times": [2]}))
    for folder, columns in (("then", ("said",)), ("now", ("said", "times"))):
        duck.show(tmp_path / folder, "shop")
        assert tuple(duck.schema("shop")) == columns


def test_a_folder_named_as_a_partition_is_no_column_of_what_is_kept_in_it(duck: DuckEngine, tmp_path: Path) -> None:
    # As that of a member of a grid. DuckDB by itself would put the folder's `South` over the file's own `North`.
    rows = ibis.memtable({"said": ["mine"], "region": ["North"]})
    kept = duck.store(tmp_path / "region=South" / "year=2024", "shop", rows)
    duck.show(tmp_path / "region=South" / "year=2024", "shop")
    for table in (kept, duck.table("shop")):
        assert duck.frame(table).to_dict("list") == {"said": ["mine"], "region": ["North"]}


@pytest.mark.parametrize("read", [files.read_csv, files.read_parquet])
def test_partitions_are_those_below_the_params_alone(duck: DuckEngine, tmp_path: Path, read) -> None:
    home, ending = tmp_path / "country=de", "csv" if read is files.read_csv else "parquet"
    for year in (2023, 2024):
        duck.store(home / f"year={year}", "shop", ibis.memtable({"said": ["mine"], "country": ["fr"]}))
        (home / f"year={year}" / "shop.csv").write_text("said,country\nmine,fr\n", encoding="utf-8")
    one = files.matching(home / "year=2024" / f"shop.{ending}", "", home / "year=2024")
    assert not files.in_partitions(one, home / "year=2024")
    alone = duck.frame(read(duck, one, partitioned=False))
    assert alone.to_dict("list") == {"said": ["mine"], "country": ["fr"]}
    both = files.matching(home / "year=*" / f"shop.{ending}", "", home)
    assert files.in_partitions(both, home)
    years = duck.frame(read(duck, both, partitioned=True))["year"]
    assert sorted(years.astype(int)) == [2023, 2024]
