"""No file with a secret in it is kept or published."""

from __future__ import annotations

import gzip
import zipfile

import pandas as pd
import pytest

from cpm_core.model.secrets import HIDDEN, know
from cpm_core.runs.leaks import LeakError, clean, leaks
from cpm_core.runs.record import read_record, sha256, write_record

VALUE = "hunter2 & horse"


@pytest.fixture(autouse=True)
def planted():
    know(VALUE)


def write_zip(path, text):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", text)


def packed(folder):
    """Files that hold the value where their bytes do not show it."""
    write_zip(folder / "workbook.xlsx", "<t>hunter2 &amp; horse</t>" * 50)
    (folder / "pages.gz").write_bytes(gzip.compress(VALUE.encode() * 50))
    pd.DataFrame({"n": [1, 2], "words": ["a", f"x {VALUE}"]}).to_parquet(folder / "cell.parquet", compression="gzip")
    pd.DataFrame({"words": pd.Categorical(["a", VALUE])}).to_parquet(folder / "choice.parquet", compression="gzip")
    pd.DataFrame({f"the {VALUE}": [1.5]}).to_parquet(folder / "name.parquet", compression="gzip")
    inner = folder / "inner.zip"
    write_zip(inner, VALUE * 50)
    with zipfile.ZipFile(folder / "outer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, "inner.xlsx")
    inner.unlink()
    return sorted(path.name for path in folder.iterdir())


def test_what_is_packed_is_looked_into(tmp_path):
    names = packed(tmp_path)
    assert len(names) == 6
    for name in names:
        assert leaks(tmp_path / name), name
    with pytest.raises(LeakError) as caught:
        clean(tmp_path)
    assert [problem.where for problem in caught.value.problems] == names
    assert VALUE not in str(caught.value)


def test_texts_are_scrubbed_where_they_stand_and_hashed_as_they_are_then(tmp_path):
    (tmp_path / "report.html").write_text("<p>hunter2 &amp; horse</p>", encoding="utf-8")
    (tmp_path / "actions.csv").write_bytes(b"a,\xff,hunter2 & horse\r\n")
    write_record(tmp_path, {"run": "1", "degraded": [f"it was {VALUE}"]})
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == f"<p>{HIDDEN}</p>"
    assert (tmp_path / "actions.csv").read_bytes() == b"a,\xff," + HIDDEN.encode() + b"\r\n"
    record = read_record(tmp_path)
    assert record["degraded"] == [f"it was {HIDDEN}"]
    assert record["files"]["report.html"]["sha256"] == sha256(tmp_path / "report.html")
    assert sorted(record["files"]) == ["actions.csv", "report.html"]


def test_a_record_is_not_written_beside_a_file_that_leaks(tmp_path):
    write_zip(tmp_path / "workbook.xlsx", "hunter2 &amp; horse")
    with pytest.raises(LeakError, match=r"workbook\.xlsx holds a secret, and nothing is published"):
        write_record(tmp_path, {"run": "1"})
    assert not (tmp_path / "run.json").exists()


def test_harmless_files_pass(tmp_path):
    pd.DataFrame({"n": [1, 2], "words": ["a", None], "day": pd.to_datetime(["2024-01-01", None])}).to_parquet(
        tmp_path / "a.parquet"
    )
    pd.DataFrame({"words": pd.Categorical(["a", "b"])}).to_parquet(tmp_path / "b.parquet")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 not a zip")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 stream\nnot packed\nendstream")
    (tmp_path / "page.html").write_text("hunter2 and a horse", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    clean(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
