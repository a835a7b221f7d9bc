"""Warm kernels are as fresh as plain ones, and their parent has nothing but imports."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from cpm_core.runs.warm import ADDRESS, forking
from cpm_core.runs.warm.forking import differing
from cpm_core.runs.warm.wire import ENDED, REFUSED, STARTED, Order
from tests.runs.kernels import gone, kernel, opened, threads

STATE = """{
    "argv": sys.argv[:2],
    "path": sys.path,
    "environment": {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"},
    "parent": os.environ["JPY_PARENT_PID"],
    "flags": list(sys.flags),
    "encodings": [sys.stdout.encoding, sys.__stdout__.encoding, sys.__stderr__.errors, sys.getfilesystemencoding()],
    "signals": {number: str(signal.getsignal(number)).split(" at 0x")[0] for number in range(1, 32)},
    "blocked": [int(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
    "limits": [resource.getrlimit(number) for number in range(10)],
    "leads": os.getsid(0) == os.getpgrp() == os.getpid(),
    "folder": os.getcwd(),
    "mask": oct(os.umask(0o22)),
    "zone": [time.tzname, time.timezone],
    "zone of queries": duckdb.sql("select current_setting('TimeZone'), timestamptz '2024-01-01 00:00:00+00' :: text").fetchall(),
    "locale": locale.setlocale(locale.LC_ALL),
    "folders": [tempfile.gettempdir(), os.path.expanduser("~"), get_ipython_dir()],
    "options": [pd.get_option("display.max_rows"), ibis.options.interactive, str(decimal.getcontext())],
    "logs": [logging.root.level, [str(one) for one in logging.root.handlers]],
    "collected": [gc.isenabled(), gc.get_threshold()],
    "recursion": sys.getrecursionlimit(),
    "input": sys.__stdin__.read(),
    "asked": get_ipython().history_manager.hist_file,
}"""
IMPORTS = """
import decimal, duckdb, gc, ibis, json, locale, logging, os, resource, signal, sys, tempfile, time
import pandas as pd
from IPython.paths import get_ipython_dir
"""


def test_a_warm_kernel_is_in_the_state_of_a_plain_one(server, tmp_path, monkeypatch):
    told = []
    for name in ("warm", "plain"):
        folder = tmp_path / name
        folder.mkdir()
        changed = {"CPM_WORK": "work", "PATH": "/nowhere", "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
        with kernel(folder, environment=changed) as asked:
            assert asked.manager.started_as.partition(":")[0] == name
            told.append(asked.tell(f"(lambda: {STATE})()") if not asked.say(IMPORTS) else None)
            assert told[-1].pop("folder") == str(folder)
        # For the second one there is none.
        monkeypatch.setenv(ADDRESS, "")
    warm, plain = told
    assert warm["environment"].pop(ADDRESS)
    plain["environment"].pop(ADDRESS)
    assert warm["environment"]["PATH"] == "/nowhere"
    assert warm["folders"][:2] == [str(tmp_path)] * 2
    assert warm["parent"] == str(os.getpid())
    assert warm.pop("environment") == plain.pop("environment")
    assert warm == plain


def test_the_parent_has_one_thread_and_nothing_open_but_its_own(warm, tmp_path):
    # A kernel that has computed on all cores leaves nothing in its parent either.
    warm.say("import duckdb; duckdb.sql('select sum(range) from range(1000000)').fetchall()")
    parent = warm.tell("__import__('os').getppid()")
    assert threads(parent) == 1
    assert threads(warm.process) > 1
    there = opened(parent)
    kinds = [one.partition(":")[0] for one in there]
    # The listener and a connection; its parent and the kernel.
    assert (kinds.count("socket"), kinds.count("anon_inode"), kinds.count("pipe")) == (2, 2, 0)
    # Its log, and IPython's own file of nothing.
    log = Path(os.environ[ADDRESS]).with_name("log")
    assert {one for one in there if one.startswith("/")} == {"/dev/null", str(log)}


def test_a_kernel_has_none_of_its_parent_s_sockets(server, tmp_path):
    with kernel(tmp_path) as first, kernel(tmp_path) as second:
        parent = first.tell("__import__('os').getppid()")
        inherited = {one for one in opened(parent) if one.startswith("socket:")}
        assert len(inherited) == 3
        assert not inherited & {*opened(first.process), *opened(second.process)}
        assert first.process != second.process


def test_random_numbers_are_each_kernel_s_own(server, tmp_path):
    draw = "[__import__('random').random(), __import__('numpy').random.rand(), str(__import__('uuid').uuid4())]"
    drawn = []
    for _ in range(2):
        with kernel(tmp_path) as asked:
            drawn.append(asked.tell(draw))
    assert not set(drawn[0]) & set(drawn[1])


def test_what_counts_when_a_process_starts_must_be_the_same():
    here = {"PYTHONPATH": "/a", "PATH": "/bin", "LC_ALL": "C"}
    order = Order("python", [], "/", {"PYTHONPATH": "/b", "PATH": "/sbin", "LD_PRELOAD": "x.so"})
    assert differing(order, here) == ["LC_ALL", "LD_PRELOAD", "PYTHONPATH"]
    assert differing(Order("python", [], "/", dict(here, PATH="", HOME="/")), here) == []
    assert differing(Order("python", [], "/", dict(here, TZ="Asia/Shanghai")), here) == ["TZ"]


def test_how_a_kernel_ended_is_told(server, tmp_path):
    with kernel(tmp_path) as asked:
        asked.client.execute("import os; os._exit(7)")
        assert asked.exit_code() == 7
    with kernel(tmp_path) as asked:
        os.kill(asked.process, signal.SIGSEGV)
        assert asked.exit_code() == -signal.SIGSEGV


def test_an_interrupt_reaches_the_cell(warm):
    warm.client.execute("import time\nprint('here', flush=True)\ntime.sleep(60)", stop_on_error=False)
    while warm.wait(warm.client.get_iopub_msg(timeout=20))["msg_type"] != "stream":
        pass
    warm.wait(warm.manager.interrupt_kernel())
    while (message := warm.wait(warm.client.get_iopub_msg(timeout=20)))["msg_type"] != "error":
        pass
    assert message["content"]["ename"] == "KeyboardInterrupt"
    assert warm.tell("6 * 7") == 42


def test_a_kernel_ends_with_what_it_has_started(server, tmp_path):
    with kernel(tmp_path) as asked:
        child = asked.tell("__import__('subprocess').Popen(['sleep', '600']).pid")
    assert gone(asked.process)
    assert gone(child)


@pytest.mark.parametrize("word", ["atexit", "thread"])
def test_a_kernel_that_is_asked_to_end_does_what_is_left_to_do(server, tmp_path, word):
    file = tmp_path / "left"
    code = {
        "atexit": f"import atexit, pathlib; atexit.register(pathlib.Path({str(file)!r}).touch)",
        "thread": f"import threading, pathlib; threading.Timer(0.2, pathlib.Path({str(file)!r}).touch).start()",
    }[word]
    with kernel(tmp_path) as asked:
        asked.say(code)
        asked.wait(asked.manager.shutdown_kernel())
        assert file.exists()


def test_a_kernel_that_ends_as_its_runner_hangs_up_harms_no_server(server, tmp_path):
    with kernel(tmp_path) as asked:
        parent = asked.tell("__import__('os').getppid()")
        # So that both are told at once when it goes on.
        os.kill(parent, signal.SIGSTOP)
        os.kill(asked.process, signal.SIGKILL)
        asked.manager.provisioner.process._connection.shutdown(socket.SHUT_RDWR)
        os.kill(parent, signal.SIGCONT)
        assert asked.exit_code() is not None
    with kernel(tmp_path) as asked:
        assert asked.tell("__import__('os').getppid()") == parent


def test_a_runner_that_is_slow_to_say_its_order_keeps_no_other_waiting(server, tmp_path):
    order = Order(sys.executable, ["--version"], str(tmp_path), dict(os.environ))
    said = (json.dumps(asdict(order)) + "\n").encode()
    with socket.socket(socket.AF_UNIX) as slow, (tmp_path / "out").open("w+b") as out:
        slow.connect(os.environ[ADDRESS])
        socket.send_fds(slow, [said[:100]], [out.fileno()] * 3)
        begun = time.monotonic()
        with kernel(tmp_path) as asked:
            # It inherits neither the connection nor the files of the one who is not done.
            assert not [one for one in opened(asked.process) if one == str(tmp_path / "out")]
        assert time.monotonic() - begun < 5
        slow.sendall(said[100:])
        told = slow.makefile()
        assert json.loads(told.readline())[0] == STARTED
        assert json.loads(told.readline()) == [ENDED, 0]


@pytest.mark.parametrize(
    ("said", "files", "reason"),
    [
        (b"hello\n", 3, "Expecting value"),
        (b'{"python": "python"}\n', 3, "missing 3 required"),
        (b'{"python": "p", "arguments": [], "folder": "/", "environment": {}}\n', 1, "1 files came with it, not 3"),
    ],
)
def test_what_is_no_order_is_refused_in_words(server, said, files, reason):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(os.environ[ADDRESS])
        socket.send_fds(one, [said], [0] * files)
        kind, words = json.loads(one.makefile().readline())
    assert kind == REFUSED
    assert words.startswith("the order could not be read: ")
    assert reason in words


def test_one_who_connects_and_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(forking, "PATIENCE", 0.05)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as silent:
        listener.bind("")
        listener.listen()
        made = forking.Server(listener, os.getppid())
        silent.connect(listener.getsockname())
        made._let_in()
        time.sleep(0.06)
        made._give_up()
        assert json.loads(silent.makefile().readline()) == [REFUSED, "the order did not come within 0 seconds"]
        os.close(made._parent)
