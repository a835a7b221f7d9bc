from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import pytest

from cpm_core.model.locks import alive
from cpm_core.runs import deadline as module
from cpm_core.runs.deadline import Deadline, LimitError

SAID = r"limits\.run: the run took longer than 0\.1 seconds and was ended"


def never(error):
    raise AssertionError(error)


def test_what_is_done_in_time_is_left_alone():
    limit = Deadline(60, never)
    with limit.watching():
        left = limit.left()
    assert 59 < left < 60
    none = Deadline(None, never)
    with none.watching(), none.later(5):
        assert none.left() is None


def test_what_takes_longer_is_interrupted_where_it_stands():
    begun = time.monotonic()
    with pytest.raises(LimitError, match=SAID) as caught, Deadline(0.1, never).watching():
        time.sleep(20)
    assert time.monotonic() - begun < 10
    assert caught.value.exit_code == 1


def test_an_error_that_a_library_makes_of_it_is_told_as_the_limit():
    def library():
        try:
            time.sleep(20)
        except LimitError:
            raise RuntimeError("query interrupted") from None

    with pytest.raises(LimitError, match=SAID) as caught, Deadline(0.1, never).watching():
        library()
    assert str(caught.value.__cause__) == "query interrupted"


def test_what_swallows_it_is_interrupted_again(monkeypatch):
    monkeypatch.setattr(module, "AGAIN", 0.1)

    def library():
        with contextlib.suppress(LimitError):
            time.sleep(20)
        time.sleep(20)

    with pytest.raises(LimitError, match=SAID), Deadline(0.1, never).watching():
        library()


def test_no_time_is_left_for_another_attempt():
    limit = Deadline(0.1, never)
    time.sleep(0.11)
    assert limit.left() == 0
    with pytest.raises(LimitError, match=SAID), limit.watching():
        time.sleep(20)


def test_what_has_the_limit_itself_may_be_later():
    limit, reached = Deadline(0.1, never), []

    def work():
        with limit.later(20):
            time.sleep(0.3)
        reached.append(True)
        time.sleep(20)

    with pytest.raises(LimitError, match=SAID), limit.watching():
        work()
    assert reached == [True]


def test_another_thread_is_not_interrupted_and_an_alarm_is_left_as_it_was():
    ended = []

    def work():
        with Deadline(0.05, never).watching():
            time.sleep(0.2)
        ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [True]


def test_what_cannot_be_interrupted_is_ended_with_all_that_it_started():
    code = (
        "import subprocess, sys, signal\n"
        "from cpm_core.runs import deadline\n"
        "deadline.GRACE = 0.2\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "with deadline.Deadline(0.1, lambda error: print(error, flush=True)).watching():\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
        "    child.wait()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    process, said = done.stdout.splitlines()
    assert done.returncode == 1
    assert said.startswith("limits.run: the run took longer than 0.1 seconds")
    end = time.monotonic() + 20
    while alive(int(process)):
        assert time.monotonic() < end
        time.sleep(0.01)
