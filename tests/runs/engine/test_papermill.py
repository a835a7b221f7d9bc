"""What else papermill can be asked for."""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading

import nbformat
import papermill
import pytest
from click.testing import CliRunner
from papermill.cli import papermill as command

from cpm_core.model.secrets import HIDDEN, know
from cpm_core.runs.engine.paths import leave_out_last_writing, local_path
from tests.runs.projects import notebook

SECRET = "swordfish-in-the-log-42"


@pytest.mark.filterwarnings("ignore:the file is not specified with any extension:UserWarning")  # papermill's own
def test_standard_output_has_one_notebook_also_of_a_failure(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "1 / 0")
    ended = CliRunner().invoke(command, ["--engine", "cpm", str(path), "-"])
    assert ended.exit_code == 1
    node = json.loads(ended.stdout)
    assert node["metadata"]["papermill"]["exception"] is True
    assert "ZeroDivisionError" in "".join(node["cells"][0]["source"])


def test_a_thread_a_date_and_a_log_without_secrets(tmp_path, caplog):
    know(SECRET)
    path = notebook(tmp_path / "n.ipynb", f"print(as_of, {SECRET!r})")
    given = {"parameters": {"as_of": dt.date(2024, 3, 31)}, "log_output": True, "progress_bar": False}
    shown = tmp_path / "shown.txt"
    with shown.open("w", encoding="utf-8") as file, caplog.at_level(logging.INFO, "papermill"):
        done = threading.Thread(
            target=papermill.execute_notebook,
            args=(path, tmp_path / "out.ipynb"),
            kwargs=given | {"engine_name": "cpm", "stdout_file": file},
        )
        done.start()
        done.join()
    node = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert node.metadata.papermill.parameters == {"as_of": "2024-03-31"}
    assert node.cells[-1].outputs[0].text == f"2024-03-31 {HIDDEN}\n"
    assert shown.read_text(encoding="utf-8") == f"2024-03-31 {HIDDEN}\n"
    assert f"2024-03-31 {HIDDEN}" in caplog.text
    assert SECRET not in caplog.text


def test_one_writing_is_left_out_and_the_next_is_papermill_s_own(tmp_path):
    path = str(tmp_path / "out.ipynb")
    node = nbformat.v4.new_notebook()
    for _ in range(2):
        leave_out_last_writing(path)
        papermill.iorw.write_ipynb(node, path)
        assert not (tmp_path / "out.ipynb").exists()
    papermill.iorw.write_ipynb(node, path)
    assert papermill.iorw.load_notebook_node(path).cells == []


def test_which_outputs_are_files_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert local_path("out.ipynb") == tmp_path / "out.ipynb"
    assert [local_path(one) for one in (None, "-", "s3://bucket/out.ipynb", "/dev/null")] == [None] * 4
