"""A kernel starts again if it died before it was ready, and is killed over its memory cap."""

from __future__ import annotations

import os
import signal
from queue import Empty

import pytest

from cpm_core.runs import kernel as module
from cpm_core.runs.kernel import amount
from tests.runs.kernels import gone, kernel

GREEDY = "kept = []\nfor _ in range(60):\n    kept.append(b'x' * 20_000_000)\n    import time; time.sleep(0.02)"


def test_it_is_ready_when_it_has_answered_and_nothing_is_left_to_read(tmp_path):
    with kernel(tmp_path, memory=2_000_000_000) as asked:
        for channel in (asked.client.get_shell_msg, asked.client.get_iopub_msg):
            with pytest.raises(Empty):
                asked.wait(channel(timeout=0.3))
        assert asked.tell("6 * 7") == 42
        asked.wait(asked.manager.shutdown_kernel())
        # It kept within its cap.
        assert asked.manager.killed_because == ""


def test_one_that_dies_before_it_is_ready_is_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WAIT", 0.01)
    with kernel(tmp_path, ready=False) as asked:
        first = asked.process
        os.kill(first, signal.SIGKILL)
        asked.wait(asked.client.wait_for_ready(timeout=60))
        assert asked.process != first
        assert asked.manager.started_as == "plain: the first one died before it was ready"
        assert asked.tell("6 * 7") == 42


def test_but_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WAIT", 0.01)
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    with kernel(tmp_path, environment={"PYTHONHOME": "/nowhere"}, ready=False) as asked:
        first = asked.process
        with pytest.raises(RuntimeError, match="died"):
            asked.wait(asked.client.wait_for_ready(timeout=60))
        assert asked.process != first


def test_a_kernel_over_its_memory_cap_is_killed_and_says_why(tmp_path):
    with kernel(tmp_path, memory=400_000_000) as asked:
        assert asked.tell("6 * 7") == 42
        asked.client.execute(GREEDY)
        assert asked.exit_code() == -signal.SIGKILL
        assert asked.manager.killed_because == "the kernel used more than 400 MB (limits.memory)"


@pytest.mark.soak
def test_so_is_one_whose_children_are(tmp_path):
    code = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {GREEDY!r}])"
    with kernel(tmp_path, memory=400_000_000) as asked:
        child = asked.tell(f"exec({code!r}) or child.pid")
        assert asked.exit_code() == -signal.SIGKILL
        assert gone(child)
        assert asked.manager.killed_because


def test_amounts():
    assert [amount(500_000_000), amount(4_000_000_000), amount(1_500_000_000)] == ["500 MB", "4 GB", "1.5 GB"]
