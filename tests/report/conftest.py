"""A report's data, sections and page in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cpm_core.report.inputs import ReportData
from cpm_core.report.report import Report
from tests.report import sample

SECTIONS = ("header", "headline", "scorecard", "trends", "tiers", "stages", "slices", "quality", "provenance")


@pytest.fixture(scope="session", params=["en", "zh"])
def data(request: pytest.FixtureRequest) -> ReportData:
    """The sample, once a language."""
    return sample.make(request.param)


@pytest.fixture(scope="session")
def bundles(data: ReportData) -> dict[str, dict[str, str]]:
    """What each section shows in a notebook."""
    report = Report(data)
    return {name: getattr(report, name)()._repr_mimebundle_() for name in SECTIONS}


@pytest.fixture(scope="session")
def page(data: ReportData, bundles: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a notebook that shows every section."""
    from cpm_core.report.page import render_page

    path = tmp_path_factory.mktemp(f"page-{data.locale}") / "report.html"
    path.write_text(
        render_page(notebook(*bundles.values()), data.title.in_(data.locale), data.locale), encoding="utf-8"
    )
    return path


def notebook(*outputs: dict[str, Any]) -> Any:
    """An executed notebook with an output a cell."""
    import nbformat

    v4 = nbformat.v4
    cells = [v4.new_code_cell("secret_code()", outputs=[v4.new_output("display_data", data=one)]) for one in outputs]
    return v4.new_notebook(cells=cells)
