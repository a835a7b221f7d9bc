"""Whether somebody sits at this kernel."""

import sys
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_client.manager import run_kernel
from nbclient import NotebookClient

from cpm_core.widgets import context
from cpm_core.widgets.context import is_report_run

ASKS = "from cpm_core.widgets.context import is_report_run\nprint(is_report_run())"


@pytest.fixture
def nobody(monkeypatch):
    """A plain Python: no run, no notebook client, no shell."""
    monkeypatch.delenv(context.RUN, raising=False)
    monkeypatch.setattr(sys, "argv", ["python"])
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    return monkeypatch


def shell(names):
    return SimpleNamespace(get_ipython=lambda: SimpleNamespace(user_ns=names))


def test_in_doubt_an_analyst_is_there(nobody):
    assert not is_report_run()
    nobody.setitem(sys.modules, "IPython", shell({"params": "x"}))
    assert not is_report_run()
    nobody.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not is_report_run()


def test_a_run_of_ours(nobody):
    nobody.setenv("CPM_RUN", "2011-11-30-3f9a1c2e")
    assert is_report_run()


@pytest.mark.parametrize("name", ["PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH"])
def test_papermill_with_its_paths(nobody, name):
    nobody.setitem(sys.modules, "IPython", shell({name: "x.ipynb"}))
    assert is_report_run()


def test_a_notebook_that_a_client_runs(nobody, repository):
    """nbclient is what papermill and nbconvert run notebooks with."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ASKS)])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(repository)}}).execute()
    assert notebook.cells[0].outputs[0].text == "True\n"


def test_a_kernel_that_a_person_starts(nobody, repository):
    said = []
    with run_kernel(kernel_name="python3", cwd=str(repository)) as client:
        client.execute_interactive(ASKS, timeout=60, output_hook=said.append)
    assert [one["content"]["text"] for one in said if one["msg_type"] == "stream"] == ["False\n"]
