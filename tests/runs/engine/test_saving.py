"""An output is saved by rename, on a timer: a reader sees one whole state or another."""

from __future__ import annotations

import json
import threading

import nbformat
import pytest

from cpm_core.model.secrets import know
from cpm_core.runs.engine.failures import RefusedError
from cpm_core.runs.engine.saving import Output
from cpm_core.runs.engine.settings import Settings

SECRET = "Tr0ub4dor-&-3-engine"
LINES = "first-line-of-a-key-7Hq\nsecond-line-of-a-key-9Zx"


class Polling:
    """Reads a file again and again, as the page of a dashboard would."""

    def __init__(self, path, cells):
        self.path, self.cells = path, cells
        self.reads, self.wrong, self._over = 0, [], False
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over = True
        self._thread.join()

    def _poll(self):
        while not self._over:
            try:
                text = self.path.read_text(encoding="utf-8")
                assert len(json.loads(text)["cells"]) == self.cells
                self.reads += 1
            except FileNotFoundError:
                assert not self.reads
            except (ValueError, AssertionError) as error:
                self.wrong.append(error)


def test_a_reader_never_sees_half_a_notebook(run, tmp_path):
    quick = Settings(echo=False, save_every=0.01)
    cells = ["print('x' * 1_000_000)", *["import time; time.sleep(0.02)"] * 10]
    with Polling(tmp_path / "out.ipynb", len(cells) + 1) as reader:
        ran = run(*cells, settings=quick)
    assert ran.error is None
    assert reader.wrong == []
    assert reader.reads > 10
    assert ran.states == ["completed"] * 11
    # Papermill writes in place at the end: what is there is ours.
    assert ran.path.read_text(encoding="utf-8").endswith("}\n")


def test_saving_does_not_grow_with_the_cells(run, monkeypatch):
    saved = []
    save = Output.save

    def counted(self, node):
        saved.append([cell.metadata.papermill.status for cell in node.cells])
        save(self, node)

    monkeypatch.setattr(Output, "save", counted)
    ran = run(*["pass"] * 51)
    assert saved == [["pending"] * 52, ["completed"] * 52]
    # Papermill alone saves 104 times. On an idle machine it is 4 ms a cell.
    assert ran.about.duration < 30


def test_the_partial_notebook_is_saved_as_it_goes_on_and_a_full_disk_now_and_then_harms_nothing(run, monkeypatch):
    seen, save = [], Output.save

    def sometimes(self, node):
        seen.append([cell.metadata.papermill.status for cell in node.cells])
        if len(seen) in (2, 3):
            raise OSError(28, "No space left on device")
        save(self, node)

    monkeypatch.setattr(Output, "save", sometimes)
    ran = run("import time\nprint('half', flush=True)\ntime.sleep(1)", settings=Settings(echo=False, save_every=0.2))
    assert ran.error is None
    assert ["completed", "running"] in seen
    assert ran.states == ["completed"]


def test_what_cannot_be_saved_at_the_end_is_a_failure_and_the_old_state_stays(run, monkeypatch):
    save, calls = Output.save, []

    def once(self, node):
        calls.append(1)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        save(self, node)

    monkeypatch.setattr(Output, "save", once)
    ran = run("1")
    assert str(ran.error) == "The notebook could not be run: it cannot be saved: No space left on device"
    assert ran.states == ["pending"]


def test_no_secret_is_saved_whole_or_in_lines(tmp_path):
    know(SECRET)
    know(LINES)
    node = nbformat.v4.new_notebook(
        metadata={"papermill": {"parameters": {"password": SECRET}}},
        cells=[
            nbformat.v4.new_code_cell(
                f"password = {SECRET!r}",
                outputs=[nbformat.v4.new_output("stream", text=f"before\n{LINES}\nafter\n")],
            )
        ],
    )
    with Output(tmp_path / "out.ipynb").held() as output:
        output.save(node)
    text = (tmp_path / "out.ipynb").read_text(encoding="utf-8")
    for part in (SECRET, *LINES.splitlines()):
        assert part not in text
    assert '"before\\n"' in text
    # The notebook at hand is as it was.
    assert node.metadata.papermill.parameters.password == SECRET


def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "out.ipynb"
    path.write_text("old", encoding="utf-8")

    def full(_):
        raise OSError(28, "No space left on device")

    with Output(path).held() as output:
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            output.save(nbformat.v4.new_notebook())
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "out.ipynb"
    link.symlink_to(tmp_path / "real" / "there.ipynb")
    with Output(link).held() as output:
        output.save(nbformat.v4.new_notebook())
    assert link.is_symlink()
    assert json.loads((tmp_path / "real" / "there.ipynb").read_text(encoding="utf-8"))["cells"] == []


def test_what_a_killed_run_has_left_is_in_nobody_s_way(tmp_path):
    for name in (".out.ipynb.lock", ".out.ipynb.part"):
        (tmp_path / name).write_text("{", encoding="utf-8")
    with Output(tmp_path / "out.ipynb").held() as output:
        output.save(nbformat.v4.new_notebook())
    assert [one.name for one in tmp_path.iterdir()] == ["out.ipynb"]


def test_one_writes_and_the_lock_can_be_had_again(tmp_path):
    path = tmp_path / "out.ipynb"
    with Output(path).held(), pytest.raises(RefusedError, match="another run writes"), Output(path).held():
        pass
    with Output(path).held():
        pass
    assert list(tmp_path.iterdir()) == []
