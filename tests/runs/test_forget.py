from __future__ import annotations

import pytest

from cpm_core.cli import main
from cpm_core.runs.catalogue import troubles
from cpm_core.runs.publish import ReportFolder
from cpm_core.runs.status import Status, write_status


@pytest.fixture
def out(tmp_path, published, monkeypatch):
    """A report that was published and failed then, one that only failed, and a member of it that was published."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "reports"
    for name in ("shop", "branches", "branches/region=Moon"):
        (folder / name / "failed" / "2024-04-30-dddddddd").mkdir(parents=True)
        write_status(folder / name, Status("failed", name, finished="2024-05-01T10:00:00.000+00:00"))
    for name in ("shop", "branches/region=north"):
        published(folder / name, "2024-03-31-cccccccc")
    return folder


def left(out):
    return sorted({one.report for one in troubles(out)})


def test_a_report_that_was_never_published_goes_and_its_members_stay(out, capsys):
    assert main(["runs", "forget", "branches", "branches/region=Moon/"]) == 0
    assert capsys.readouterr().out == "removed reports/branches\nremoved reports/branches/region=Moon\n"
    assert left(out) == ["shop"]
    assert (out / "branches" / "region=north" / "runs" / "2024-03-31-cccccccc" / "report.html").is_file()
    assert [path.name for path in (out / "branches" / "region=Moon").iterdir()] == [".lock"]
    assert "Moon" not in (out / "index.html").read_text(encoding="utf-8")


def test_a_report_with_runs_is_refused_and_then_nothing_is_removed(out, capsys):
    assert main(["runs", "forget", "branches", "shop"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "report 'shop' was published" in said
    assert "cpm runs prune" in said
    assert left(out) == ["branches", "branches/region=Moon", "shop"]


def test_a_run_whose_record_cannot_be_read_counts(out, capsys):
    (out / "branches" / "runs" / "2024-03-31-cccccccc").mkdir(parents=True)
    assert main(["runs", "forget", "branches"]) == 2
    assert "report 'branches' was published" in " ".join(capsys.readouterr().err.split())


def test_a_report_that_is_not_there_is_told_with_the_nearest(out, capsys):
    assert main(["runs", "forget", "branches/region=Mon"]) == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "no report 'branches/region=Mon' that failed and was never published" in said
    assert "nearest: branches/region=Moon" in said


def test_a_report_that_is_being_made_is_left(out, capsys):
    with ReportFolder(out / "branches").held():
        assert main(["runs", "forget", "branches"]) == 4
    assert "branches" in left(out)
