"""Small parts of the engine: words, banner, streams, numbers of cells."""

from __future__ import annotations

import pickle

import nbformat
import pytest

from cpm_core.runs.engine.banner import add_banner
from cpm_core.runs.engine.endings import Ending, told
from cpm_core.runs.engine.failures import CellFailedError, KernelDiedError, TimeLimitError
from cpm_core.runs.engine.places import numbers
from cpm_core.runs.engine.processes import how_ended
from cpm_core.runs.engine.streams import join_streams


def cells(*sources, injected=()):
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    for place in injected:
        made[place].metadata.tags = ["injected-parameters"]
    return nbformat.v4.new_notebook(cells=made)


@pytest.mark.parametrize(
    ("ending", "en", "zh"),
    [
        (
            Ending("cell", at=2, cell=2, name="KeyError", words="'a'"),
            "An error was raised in cell 2 of n.ipynb: KeyError: 'a'",
            "在第 2 个单元格出错：KeyError: 'a'",
        ),
        (
            Ending("dead", "SIGKILL", at=1, cell=0),
            "The kernel died in the cell of parameters (SIGKILL)",
            "在参数单元格内核终止（SIGKILL）",
        ),
        (
            Ending("stopped", "SIGTERM"),
            "The run was stopped by SIGTERM, between cells",
            "在单元格之间运行被 SIGTERM 停止",
        ),
        (Ending("start", "no room"), "The kernel did not start: no room", "内核未能启动：no room"),
    ],
    ids=["cell", "dead", "stopped", "start"],
)
def test_what_happened_in_both_languages(ending, en, zh):
    words = told(ending, " of n.ipynb")
    assert (words.en, words.zh) == (en, zh)


def test_how_a_process_ended():
    assert [how_ended(code) for code in (-9, -11, 3, -250)] == ["SIGKILL", "SIGSEGV", "exit code 3", "exit code -250"]


def test_a_banner_shows_words_as_they_are():
    node = cells("1", "2")
    ending = Ending("cell", at=1, cell=2, name="E", words="<b>*x*</b>")
    add_banner(node, ending, ["<i>", "", "last"], "cpm run 'a b'")
    banner, first, anchor, second = node.cells
    assert (first.source, second.source) == ("1", "2")
    assert "E: &lt;b&gt;&#42;x&#42;&lt;/b&gt;." in banner.source
    assert "<pre>&lt;i&gt;\n&nbsp;\nlast</pre>" in banner.source
    assert "<pre>cpm run &#x27;a b&#x27;</pre>" in banner.source
    assert 'id="papermill-error-cell"' in anchor.source
    nbformat.validate(node)


def test_a_run_that_ended_in_no_cell_has_no_anchor():
    node = cells("1")
    add_banner(node, Ending("start", "no room"), [], "")
    assert len(node.cells) == 2
    assert "href" not in node.cells[0].source


def test_cells_are_numbered_as_in_git():
    node = cells("a", "params = 1", "b", injected=[1])
    assert numbers(node) == [1, 0, 2]


def test_pieces_of_a_stream_become_one_text():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    shown = nbformat.v4.new_output("display_data", {"text/plain": "chart"})
    cell = nbformat.v4.new_code_cell(
        "",
        outputs=[
            stream("stdout", "pass"),
            stream("stdout", "word"),
            shown,
            shown,
            stream("stdout", "b"),
            stream("stderr", "c"),
        ],
    )
    join_streams(cell)
    told = [one.get("text") or one.data["text/plain"] for one in cell.outputs]
    assert told == ["password", "chart", "chart", "b", "c"]


def test_errors_travel_to_another_process():
    ending = Ending("dead", "SIGKILL", at=1, cell=1)
    for error in (KernelDiedError(ending, "died"), TimeLimitError(ending, "late"), CellFailedError(ending, 3, ["x"])):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.ending, str(again)) == (type(error), ending, str(error))
