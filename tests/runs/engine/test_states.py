"""What papermill calls complete though it is not, and what it calls failed though it is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from cpm_core.model.limits import RunLimits
from cpm_core.runs.engine import client
from cpm_core.runs.engine.settings import Settings
from tests.runs.projects import notebook

PENDING = {"status": "pending", "exception": None, "start_time": None, "end_time": None, "duration": None}


def gone(path):
    """Whether the process whose number is in a file is no more, soon."""
    number = int(path.read_text())
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_killed_kernel(run):
    ran = run(
        "import os\nos.write(2, b'low on memory\\n')",
        "print('begun')\nimport sys, time\nsys.stdout.flush()\ntime.sleep(0.3)\nos.kill(os.getpid(), 9)",
        "1",
    )
    assert isinstance(ran.error, DeadKernelError)
    assert str(ran.error) == "The kernel died in cell 3 (SIGKILL)"
    assert ran.states == ["completed", "failed", "pending"]
    assert ran.about.exception is True
    assert ran.about.end_time is not None
    assert ran.about.duration > 0
    failed = ran.cell(2)
    assert failed.metadata.papermill.exception is True
    assert 0.3 < failed.metadata.papermill.duration < 10
    # What it had said by then is there.
    assert [one.text for one in failed.outputs] == ["begun\n"]
    assert ran.cell(3).metadata.papermill == PENDING
    assert "The kernel died in cell 3 (SIGKILL)." in ran.banner
    assert "在第 3 个单元格内核终止（SIGKILL）。" in ran.banner
    assert "<pre>low on memory</pre>" in ran.banner
    assert '<a href="#papermill-error-cell">' in ran.banner
    assert f"papermill --engine cpm {ran.path.parent / 'n.ipynb'} {ran.path}" in ran.banner
    assert ran.node.metadata.cpm.ended == "dead"
    # The anchor stands before the cell.
    place = ran.node.cells.index(failed)
    assert 'id="papermill-error-cell"' in ran.node.cells[place - 1].source


def test_a_cell_that_takes_too_long_is_interrupted_where_it_was(run):
    slow = "import time\ndef slowly():\n    time.sleep(60)\nslowly()"
    # That it may raise does not make it whole.
    ran = run(slow, "1", tags=[(1, "raises-exception")], execution_timeout=0.5)
    assert isinstance(ran.error, CellTimeoutError)
    assert str(ran.error) == "A cell took longer than it may (0.5 s), in cell 2"
    assert ran.states == ["failed", "pending"]
    assert ran.about.exception is True
    (told,) = ran.cell(1).outputs
    assert told.ename == "KeyboardInterrupt"
    assert "slowly" in "".join(told.traceback)


def test_a_run_that_takes_too_long(run):
    ran = run("import time\ntime.sleep(60)", "1", settings=Settings(echo=False, limits=RunLimits(run=1.2)))
    assert isinstance(ran.error, CellTimeoutError)
    assert str(ran.error).startswith("The run took longer than it may (1.2 s), ")
    assert ran.about.exception is True
    assert ran.states[1] == "pending"
    assert ran.node.metadata.cpm.ended == "run_timeout"


def test_a_cell_that_hears_nothing_is_killed_with_all_that_it_has_started(run, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "GRACE", 0.3)
    deaf = (
        "import os, signal, subprocess, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\n"
        f"open({str(tmp_path / 'kernel')!r}, 'w').write(str(os.getpid()))\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "while True:\n    time.sleep(60)"
    )
    ran = run("1", deaf, "2", settings=Settings(echo=False, limits=RunLimits(cell=1.0)))
    assert str(ran.error) == "A cell took longer than it may (1 s), in cell 3"
    assert ran.states == ["completed", "failed", "pending"]
    assert gone(tmp_path / "kernel")
    assert gone(tmp_path / "child")


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)], ids=["int", "term"]
)
def test_a_signal_does_its_work_when_all_is_saved(run, tmp_path, number, raised):
    def leave(number, _frame):
        raise SystemExit(128 + number)

    # As `cpm` does. Spark's driver, where a test has started it in this process, has its own for SIGINT.
    before = signal.signal(signal.SIGTERM, leave)
    interrupts = signal.signal(signal.SIGINT, signal.default_int_handler)
    begun = tmp_path / "kernel"

    def stop():
        while not begun.exists() or not begun.read_text():
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=stop, daemon=True).start()
    try:
        ran = run(
            f"import os, time\nopen({str(begun)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)",
            "1",
        )
    finally:
        after = signal.signal(signal.SIGINT, interrupts)
        signal.signal(signal.SIGTERM, before)
    assert isinstance(ran.error, raised)
    assert ran.states == ["failed", "pending"]
    assert ran.about.exception is True
    assert ran.about.end_time is not None
    assert f"The run was stopped by {signal.Signals(number).name}, in cell 2." in ran.banner
    assert gone(begun)
    assert after is signal.default_int_handler


def test_sigterm_kills_papermill_s_command_when_all_is_saved(tmp_path):
    begun = tmp_path / "kernel"
    path = notebook(
        tmp_path / "n.ipynb", f"import os, time\nopen({str(begun)!r}, 'w').write(str(os.getpid()))", "time.sleep(60)"
    )
    output = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "--engine", "cpm", str(path), str(output), "--no-progress-bar"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not begun.exists() or not begun.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.3)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    assert gone(begun)
    text = output.read_text(encoding="utf-8")
    assert '"status": "running"' not in text
    assert "The run was stopped by SIGTERM" in text
    assert sorted(one.name for one in tmp_path.iterdir()) == ["kernel", "n.ipynb", "out.ipynb"]


def test_leaving_with_sys_exit_is_a_failure(run):
    ran = run("import sys\nsys.exit(0)", "1")
    assert isinstance(ran.error, PapermillExecutionError)
    assert (ran.error.ename, ran.error.evalue, ran.error.exec_count) == ("SystemExit", "0", 2)
    assert ran.states == ["failed", "pending"]
    assert ran.about.exception is True


def test_cells_that_may_raise_and_cells_that_are_left_out(run):
    ran = run("1 / 0", "open('nowhere')", "6 * 7", tags=[(1, "raises-exception"), (2, "skip-execution")])
    assert ran.error is None
    assert ran.states == ["completed", "skipped", "completed"]
    assert ran.about.exception is None
    assert ran.cell(1).outputs[0].ename == "ZeroDivisionError"
    assert ran.cell(2).metadata.papermill == PENDING | {"status": "skipped"}
    assert ran.cell(3).outputs[0].data["text/plain"] == "42"
    # What papermill hands on holds no error, or it would raise.
    assert "ZeroDivisionError" in ran.returned.cells[1].outputs[0].text
    assert ran.node.metadata.language_info.name == "python"


def test_a_kernel_that_does_not_start(run, monkeypatch):
    monkeypatch.setattr("cpm_core.runs.kernel.ATTEMPTS", 1)
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    ran = run("1", settings=Settings(echo=False))
    assert str(ran.error).startswith("The kernel did not start")
    assert ran.states == ["pending"]
    assert ran.about.exception is True
    assert "No module named" in ran.banner
