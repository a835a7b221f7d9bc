"""The fork server lives as long as its runner, and a kernel no longer than both want."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cpm_core.runs.warm import ADDRESS
from cpm_core.runs.warm.server import fork_server
from tests.runs.kernels import gone, kernel

RUNNER = """
import json, os, sys, time
from pathlib import Path
from cpm_core.runs.warm.server import fork_server
from tests.runs.kernels import kernel

if __name__ == "__main__":
    with fork_server(), kernel(Path.cwd()) as asked:
        child = asked.tell("__import__('subprocess').Popen(['sleep', '600']).pid")
        server = asked.tell("__import__('os').getppid()")
        print(json.dumps([asked.manager.started_as, server, asked.process, child, os.environ["CPM_FORK_SERVER"]]))
        sys.stdout.flush()
        time.sleep(600)
"""


@pytest.fixture
def runner(tmp_path):
    """A runner with a kernel in a process of its own; and what it said."""
    command = [sys.executable, "-c", RUNNER]
    # With a server of its own, also where another test has begun the one of this module.
    environment = {name: value for name, value in os.environ.items() if name != ADDRESS}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_runner_that_is_killed_leaves_no_process_and_no_socket(runner):
    process, (how, server, first, child, address) = runner
    assert how == "warm"
    process.kill()
    process.wait()
    assert gone(server)
    assert gone(first)
    assert gone(child)
    assert not Path(address).parent.exists()


def test_nor_does_one_that_is_killed_after_its_server(runner):
    process, (_, server, first, child, _) = runner
    os.kill(server, signal.SIGKILL)
    assert gone(server)
    assert not gone(first, 0.2)
    process.kill()
    process.wait()
    assert gone(first)
    assert gone(child)


def test_a_kernel_outlives_its_server_and_the_next_one_is_plain(tmp_path, monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    said: list[str] = []
    with fork_server():
        folder = Path(os.environ[ADDRESS]).parent
        assert folder.stat().st_mode & 0o777 == 0o700
        with kernel(tmp_path, say=said.append) as asked:
            server = asked.tell("__import__('os').getppid()")
            os.kill(server, signal.SIGKILL)
            assert gone(server)
            assert asked.tell("6 * 7") == 42
            asked.client.execute("import os; os._exit(7)")
            # Nobody is left who could tell how it ended.
            assert asked.exit_code() == 1
        assert said == []
        with kernel(tmp_path, say=said.append) as asked:
            assert asked.tell("6 * 7") == 42
            assert asked.manager.started_as == "plain: the fork server does not run"
        assert said == ["the kernel is a plain one: the fork server does not run"]
    assert ADDRESS not in os.environ
    assert not folder.exists()


def test_a_server_that_cannot_import_says_why(tmp_path, monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    package = tmp_path / "broken" / "cpm_core"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('no cake')\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(package.parent))
        made = fork_server()
        made.__enter__()
    try:
        with kernel(tmp_path) as asked:
            assert asked.manager.started_as == "plain: the fork server does not run (RuntimeError: no cake)"
    finally:
        made.__exit__(None, None, None)


def test_it_can_be_turned_off(monkeypatch):
    monkeypatch.setenv(ADDRESS, "off")
    with fork_server():
        assert os.environ[ADDRESS] == "off"


def test_one_within_another_is_the_other(server):
    address = os.environ[ADDRESS]
    with fork_server():
        assert os.environ[ADDRESS] == address
    assert os.environ[ADDRESS] == address


def test_a_folder_that_cannot_hold_a_socket_means_plain_kernels(tmp_path, monkeypatch):
    monkeypatch.delenv(ADDRESS, raising=False)
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with fork_server():
        assert ADDRESS not in os.environ
    assert not list(long.iterdir())
