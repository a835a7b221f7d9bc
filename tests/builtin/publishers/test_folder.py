"""Copies of runs in another folder: whole, or not at all."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from cpm_core.api import NotSentError, Run
from cpm_core.hooks.registry import Registry

ID = "2024-03-31-00000000"


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "reports" / "shop" / "runs" / ID
    folder.mkdir(parents=True)
    for name in ("report.html", "facts.parquet", "run.json"):
        (folder / name).write_text(f"{name} of {ID}", encoding="utf-8")
    (tmp_path / "params").mkdir()
    (tmp_path / "share").mkdir()
    return Run("shop", date(2024, 3, 31), tmp_path / "params" / "shop.yaml", ID, folder)


@pytest.fixture
def publisher():
    return Registry.load(None).publishers["folder"].item


def send(publisher, run, to="../share"):
    publisher.send(run, publisher.options()(to=to))


def test_the_copy_is_under_workbook_and_run(publisher, run, tmp_path):
    send(publisher, run)
    copied = tmp_path / "share" / "shop" / ID
    assert {path.name: path.read_text() for path in copied.iterdir()} == {
        name: f"{name} of {ID}" for name in ("report.html", "facts.parquet", "run.json")
    }
    assert [path.name for path in (tmp_path / "share" / "shop").iterdir()] == [ID]


def test_a_folder_that_is_not_there_is_not_made(publisher, run, tmp_path):
    shutil.rmtree(tmp_path / "share")
    with pytest.raises(NotSentError, match=r"there is no folder .*share") as caught:
        send(publisher, run)
    assert "mount" in caught.value.problems[0].fix
    assert not (tmp_path / "share").exists()


def test_a_copy_that_breaks_off_leaves_nothing_and_the_next_one_succeeds(publisher, run, tmp_path, monkeypatch):
    copied, copy = [], shutil.copy2

    def full(source, target, **given):
        if copied:
            raise OSError(28, "No space left on device")
        copied.append(copy(source, target, **given))

    with monkeypatch.context() as patch:
        patch.setattr(shutil.copytree, "__defaults__", (False, None, full, False, False))
        with pytest.raises(NotSentError, match="No space left"):
            send(publisher, run)
    assert copied
    assert list((tmp_path / "share" / "shop").iterdir()) == []
    (tmp_path / "share" / "shop" / f".part-{ID}").mkdir()  # as a killed copy leaves it
    send(publisher, run)
    assert [path.name for path in (tmp_path / "share" / "shop").iterdir()] == [ID]


def test_a_run_that_is_there_already_is_replaced_whole(publisher, run, tmp_path):
    send(publisher, run)
    (run.folder / "report.html").write_text("anew", encoding="utf-8")
    (run.folder / "facts.parquet").unlink()
    send(publisher, run)
    copied = tmp_path / "share" / "shop" / ID
    assert sorted(path.name for path in copied.iterdir()) == ["report.html", "run.json"]
    assert (copied / "report.html").read_text() == "anew"
