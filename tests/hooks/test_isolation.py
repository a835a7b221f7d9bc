"""A plugin's functions in a child process: whatever they do, an answer comes back and nothing is left behind."""

import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from cpm_core.hooks import isolation
from cpm_core.hooks.isolation import Answer, Failure, Task, UnfitError, each
from cpm_core.model.errors import MeasureError
from cpm_core.model.text import Text

HOME = Path(__file__)


def line_of(words):
    """The number of the line of this file that holds the words."""
    return next(n for n, line in enumerate(HOME.read_text(encoding="utf-8").splitlines(), 1) if words in line)


def descriptors():
    folder = Path("/proc/self/fd")
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def fine():
    return {"a": 1}


def raises():
    raise ValueError("nothing of the kind")  # raised here


def through_a_library():
    return sorted([1, "a"])  # called here


def swallows():
    while True:
        with suppress(BaseException):
            time.sleep(60)


def exits():
    os._exit(3)


def crashes():
    os.kill(os.getpid(), signal.SIGSEGV)


def leaves():
    sys.exit(0)


def unpicklable():
    return lambda: 1


def recurses():
    return recurses() + 1


def huge():
    return b"x" * 30_000_000


def prints():
    os.write(1, b"flood " * 200_000)
    sys.stderr.write("flood " * 200_000)
    return input.__name__


def reads():
    return sys.stdin.read()


class Spiteful:
    """Raises when it is read back."""

    def __reduce__(self):
        return os.strerror, ("no number",)


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError


def mute():
    raise MuteError


@pytest.fixture
def forked(monkeypatch):
    """The children that are forked."""
    children, fork = [], isolation._fork

    def noted():
        child = fork()
        children.append(child)
        return child

    monkeypatch.setattr(isolation, "_fork", noted)
    return children


def assert_buried(children):
    assert children
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_whatever_one_does_the_others_answer(capfd, forked):
    before = descriptors()
    wrong = [raises, through_a_library, swallows, exits, crashes, leaves, unpicklable, recurses, Spiteful, mute]
    tasks = [fine, *(one for function in wrong for one in (function, fine))]
    answers = each(tasks, 0.5, HOME)
    assert answers[::2] == [Answer({"a": 1})] * 11
    told = {function: answer.failure for function, answer in zip(wrong, answers[1::2], strict=True)}
    assert told[raises] == Failure("ValueError: nothing of the kind", f"{HOME}:{line_of('# raised here')}")
    assert told[through_a_library].what.startswith("TypeError: '<' not supported")
    assert told[through_a_library].where == f"{HOME}:{line_of('# called here')}"
    assert told[swallows].what == "took longer than 0.5 seconds and was ended"
    assert told[swallows].where == f"{HOME}:{line_of('def swallows')}"
    assert told[swallows].words.zh == "运行超过 0.5 秒，已被终止"
    assert told[exits].what == "ended its process: exit code 3"
    assert told[crashes].what == "ended its process: SIGSEGV"
    assert told[crashes].where == f"{HOME}:{line_of('def crashes')}"
    assert told[leaves].what == "asked Python to exit"
    assert told[unpicklable].what.startswith("returned what cannot be handed to another process: ")
    assert told[recurses].what.startswith("RecursionError: maximum recursion depth exceeded")
    assert told[Spiteful].what.startswith("returned what cannot be handed to another process: TypeError")
    assert told[mute].what == "MuteError"
    assert capfd.readouterr() == ("", "")
    assert descriptors() == before
    assert_buried(forked)


def test_much_may_be_answered_and_nothing_is_printed_or_read(capfd):
    found = each([huge, prints, reads], 20, HOME)
    assert found == [Answer(b"x" * 30_000_000), Answer("input"), Answer("")]
    assert capfd.readouterr() == ("", "")


def test_functions_that_fare_well_share_a_child():
    first, second = each([os.getpid, os.getpid], 5, None)
    assert first == second != Answer(os.getpid())


def test_nothing_that_is_done_there_is_done_here():
    seen = []
    assert each([partial(seen.append, 1), lambda: len(seen)], 5, None)[1] == Answer(1)
    assert seen == []


def test_what_a_person_should_read_comes_back_whole():
    def ours():
        raise MeasureError("no column 'scoer'", nearest=["score"], fix="Write it right.")

    def unfit():
        raise UnfitError(Text(en="no measure", zh="不是度量"), ["Total"], "Return one.")

    found = [one.failure for one in each([Task(raises, ours, "plugins/a.py:7"), Task(raises, unfit)], 5, None)]
    assert (found[0].what, found[0].nearest, found[0].fix) == ("no column 'scoer'", ("score",), "Write it right.")
    assert (found[1].words, found[1].nearest) == (Text(en="no measure", zh="不是度量"), ("Total",))


def test_where_a_task_says_it_stands_is_told_if_no_line_of_the_plugin_was_reached():
    (found,) = each([Task(len, partial(len, 1), "plugins/a.py:7")], 5, Path("/nowhere"))
    assert found.failure.where == "plugins/a.py:7"


def test_a_module_of_a_plugin_that_is_a_folder_is_its_own(tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    code = compile("def help_():\n    return 1 / 0\n", str(folder / "helper.py"), "exec")
    space = {}
    exec(code, space)
    (found,) = each([Task(fine, space["help_"])], 5, isolation.home_of(str(folder / "__init__.py")))
    assert found.failure == Failure("ZeroDivisionError: division by zero", f"{folder / 'helper.py'}:2")


def test_an_interrupt_leaves_no_child_behind(monkeypatch, forked):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(isolation, "_received", interrupted)
    with pytest.raises(KeyboardInterrupt):
        each([swallows], 60, HOME)
    assert_buried(forked)


def test_with_threads_around_and_from_a_thread():
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(4)]
    for one in threads:
        one.start()
    found = []
    asker = threading.Thread(target=lambda: found.extend(each([fine, exits, fine], 5, HOME)))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        asker.start()
        asker.join()
        found += each([fine], 5, HOME)
    stop.set()
    for one in threads:
        one.join()
    assert [one.value for one in found] == [{"a": 1}, None, {"a": 1}, {"a": 1}]
    assert told == []


def test_without_fork_functions_are_called_here(monkeypatch):
    monkeypatch.setattr(isolation, "CAN_FORK", False)
    found = each([os.getpid, raises, leaves], 5, HOME)
    assert found[0] == Answer(os.getpid())
    assert found[1].failure.where == f"{HOME}:{line_of('# raised here')}"
    assert found[2].failure.what == "asked Python to exit"
    with pytest.raises(KeyboardInterrupt):
        each([partial(signal.raise_signal, signal.SIGINT)], 5, HOME)
