"""Notebooks that papermill runs with the engine `cpm`, in this process."""

from __future__ import annotations

import nbformat
import papermill
import pytest

from cpm_core.runs.engine.settings import Settings
from tests.runs.projects import notebook


class Ran:
    """What came of a notebook: what papermill's caller sees, and what is on the disk."""

    def __init__(self, path, node, error):
        self.path, self.returned, self.error = path, node, error
        self.node = nbformat.read(path, as_version=4)
        self.about = self.node.metadata.papermill

    @property
    def states(self):
        """Of the code cells behind the parameters."""
        code = [cell for cell in self.node.cells if cell.cell_type == "code"]
        return [cell.metadata.papermill.status for cell in code][1:]

    @property
    def banner(self):
        first = self.node.cells[0]
        assert first.metadata.tags == ["papermill-error-cell-tag"]
        return first.source

    def cell(self, number):
        """A code cell behind the parameters, from 1."""
        return [cell for cell in self.node.cells if cell.cell_type == "code"][number]


@pytest.fixture
def run(tmp_path):
    """Run cells; an error is kept, not raised."""

    def call(*sources, tags=(), settings=None, **options):
        path = notebook(tmp_path / "n.ipynb", *sources)
        node = nbformat.read(path, as_version=4)
        for number, tag in tags:
            node.cells[number].metadata.tags = [tag]
        nbformat.write(node, path)
        given = {"progress_bar": False, "settings": settings or Settings(echo=False)} | options
        returned = error = None
        try:
            returned = papermill.execute_notebook(path, tmp_path / "out.ipynb", engine_name="cpm", **given)
        except BaseException as raised:  # noqa: BLE001  # what is raised is what a test looks at
            error = raised
        return Ran(tmp_path / "out.ipynb", returned, error)

    return call
