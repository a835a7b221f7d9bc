"""What is told before a kernel starts; papermill's command shows it in one line and ends with its own exit code."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from papermill.cli import papermill as command

from cpm_core.runs.engine.saving import Output
from tests.runs.projects import notebook


@pytest.fixture
def papermill(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "1")

    def call(output, *words):
        ended = CliRunner().invoke(command, ["--engine", "cpm", str(path), str(output), "--no-progress-bar", *words])
        return ended.exit_code, [line for line in ended.output.splitlines() if line.startswith("Error")]

    return call


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("jupyter_client.manager.AsyncKernelManager.start_kernel", refuse)


def test_an_unknown_parameter(papermill, tmp_path):
    code, lines = papermill(tmp_path / "out.ipynb", "-p", "color", "blue", "-p", "params", "x.yaml")
    assert code == 2
    (line,) = lines
    assert "declares no parameter 'color' (nearest: colour)." in line
    assert line.endswith("It declares params, as_of, overrides, colour.")
    assert not (tmp_path / "out.ipynb").exists()


def test_a_parameter_that_is_mistyped(papermill, tmp_path):
    cell = "code: str = ''\ntop: int = 1\nday: 'date | None' = None\nframe: pd.DataFrame = None\nlast: str = None"
    notebook(tmp_path / "n.ipynb", "1", parameters=cell)
    code, (line,) = papermill(
        tmp_path / "out.ipynb", "-p", "code", "007", "-p", "top", "many", "-p", "day", "2024-02-30"
    )
    assert code == 2
    assert "top: 'many' is no whole number" in line
    assert "day: '2024-02-30' is no day of the calendar" in line
    assert "code is declared as text, and papermill has read it as 7: say `-r code …`." in line
    # These come as far as the kernel.
    fine = ["-r", "code", "007", "-p", "top", "7", "-p", "day", "2024-02-29", "-p", "frame", "1", "-p", "last", "None"]
    assert papermill(tmp_path / "out.ipynb", *fine)[0] == 1


def test_a_missing_folder(papermill, tmp_path):
    code, lines = papermill(tmp_path / "nowhere" / "out.ipynb")
    assert code == 1
    assert lines == [f"Error: there is no folder {tmp_path / 'nowhere'} for the output out.ipynb; make it first"]


def test_a_folder_that_cannot_be_written(papermill, tmp_path, monkeypatch):
    def full(self, _node):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Output, "save", full)
    code, lines = papermill(tmp_path / "out.ipynb")
    assert code == 1
    assert lines == [f"Error: {tmp_path / 'out.ipynb'} cannot be written: No space left on device"]


def test_an_unknown_kernel(papermill, tmp_path):
    code, lines = papermill(tmp_path / "out.ipynb", "-k", "pyton3")
    assert code == 1
    assert lines == ["Error: there is no kernel 'pyton3'; there are: python3"]


def test_the_second_of_two_runs_with_one_output(papermill, tmp_path):
    output = tmp_path / "out.ipynb"
    output.write_text("what the first one writes", encoding="utf-8")
    with Output(output).held():
        code, lines = papermill(output)
    assert code == 1
    assert lines == [f"Error: another run writes {output}; wait for it to end, or name another output"]
    assert output.read_text(encoding="utf-8") == "what the first one writes"
    # Neither lock nor half a file stays.
    assert sorted(one.name for one in tmp_path.iterdir()) == ["n.ipynb", "out.ipynb"]


def test_what_papermill_adds_by_itself_is_no_unknown_parameter(papermill, tmp_path):
    # It comes as far as the kernel.
    code, lines = papermill(tmp_path / "out.ipynb", "--inject-paths")
    assert (code, lines) == (1, ["Error: The kernel did not start: a kernel was started"])
