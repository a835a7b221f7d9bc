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
