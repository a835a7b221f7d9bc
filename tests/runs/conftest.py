"""A project of its own for each test that runs a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpm_core.runs.record import write_record
from tests.runs.projects import Project


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A fresh project, which is the working folder."""
    made = Project(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    return made


@pytest.fixture
def published():
    """Write a run folder as if it had been published."""

    def write(report: Path, name: str, **facts):
        folder = report / "runs" / name
        folder.mkdir(parents=True)
        (folder / "report.html").write_text(f"page of {name}", encoding="utf-8")
        about = {
            "workbook": report.name,
            "run": name,
            "key": "0" * 64,
            "title": {"en": "Shop", "zh": "商店"},
            "locale": "en",
            "as_of": name[:10],
            "finished": "2024-05-01T10:00:00.000+00:00",
            "degraded": [],
            "timings": {"prepare": 1.5, "notebook": 2.0},
        }
        write_record(folder, about | facts)
        return folder

    return write
