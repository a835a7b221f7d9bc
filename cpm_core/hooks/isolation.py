"""Run a plugin's functions in a child process, so that what they do wrong stays their own.

A function of a plugin may raise, hang while it swallows every exception, or end its process. In a forked child none
of it reaches the kernel: answers come back pickled, a child that is over its limit is killed, and the functions that
are left go on in a fresh one.
"""

from __future__ import annotations

import faulthandler
import functools
import gc
import inspect
import logging
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cpm_core.model.errors import CpmError, Problem
from cpm_core.model.secrets import scrubbed
from cpm_core.model.text import Text
from cpm_core.params.paths import shown

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CAN_FORK = hasattr(os, "fork")
"""Not on Windows: functions are called in this process there, without a limit."""
_BUILT_IN = "builtin."
_PLUGINS = "plugins"
"""The folder of a workbook's plugins."""
_LONGEST = 500
"""Characters of what an exception says."""

_TOO_LONG = Text(en="took longer than {seconds:g} seconds and was ended", zh="运行超过 {seconds:g} 秒，已被终止")
_DIED = Text(en="ended its process: {how}", zh="终止了所在进程：{how}")
_EXIT_CODE = Text(en="exit code {code}", zh="退出码 {code}")
_LEFT = Text(en="asked Python to exit", zh="要求退出 Python")
_NOT_CARRIED = Text(en="returned what cannot be handed to another process: {why}", zh="返回值无法传递给其他进程：{why}")


@dataclass(frozen=True)
class Failure:
    """What a plugin's function did wrong.

    Attributes:
        what: In words.
        where: File and line: of the innermost frame in the plugin's own files, else of the function.
        nearest: Names that may have been meant.
        fix: What to do about it.
        zh: ``what`` in Chinese; empty where there are only the words of an exception.
    """

    what: str
    where: str = ""
    nearest: tuple[str, ...] = ()
    fix: str = ""
    zh: str = ""

    def __post_init__(self) -> None:
        # Facts, pages and records tell these words.
        object.__setattr__(self, "what", scrubbed(self.what))
        object.__setattr__(self, "nearest", tuple(map(scrubbed, self.nearest)))
        object.__setattr__(self, "fix", scrubbed(self.fix))
        object.__setattr__(self, "zh", scrubbed(self.zh))

    @property
    def words(self) -> Text:
        """What is wrong, in both languages."""
        return Text(en=self.what, zh=self.zh or self.what)

    @property
    def told(self) -> Text:
        """What is wrong, with the names that may have been meant, and where."""
        en, zh, near, place = self.what, self.words.zh, ", ".join(self.nearest), shown_place(self.where)
        en, zh = (f"{en} (nearest: {near})", f"{zh}（相近的名称：{near}）") if near else (en, zh)
        return Text(en=f"{en} ({place})", zh=f"{zh}（{place}）") if place else Text(en=en, zh=zh)

    def problem(self, what: str) -> Problem:
        """The failure of ``what``, such as `KPI csat of plugin ours`, for a person to mend."""
        place = shown_place(self.where)
        return Problem(self.what, f"{what} ({place})" if place else what, self.nearest, self.fix)


def shown_place(where: str) -> str:
    """`file:line` with the file as a person would name it: a plugin's is told from its workbook's home."""
    file, colon, line = where.rpartition(":")
    if not (colon and line.isdecimal()):
        return where
    parts = Path(file).parts
    if _PLUGINS not in parts:
        return f"{shown(Path(file))}:{line}"
    last = len(parts) - parts[::-1].index(_PLUGINS) - 1
    return f"{Path(*parts[last:]).as_posix()}:{line}"


@dataclass(frozen=True)
class Answer:
    """What one function returned, or how it failed."""

    value: Any = None
    failure: Failure | None = None


class UnfitError(Exception):
    """A function returned what it should not; raised within a task, told as its failure."""

    def __init__(self, words: Text, nearest: Sequence[str] = (), fix: str = "") -> None:
        self.words, self.nearest, self.fix = words, tuple(nearest), fix
        super().__init__(words.en)


@dataclass(frozen=True)
class Task:
    """A call on behalf of a plugin's function, which is blamed for it."""

    function: Callable[..., Any]
    run: Callable[[], Any]
    where: str = ""
    """Where the function stands; empty: its own file and line."""

    def __call__(self) -> Any:
        """What the call gives."""
        return self.run()


def is_built_in(provider: str) -> bool:
    """Whether a plugin is the core's own, whose functions are called in this process."""
    return provider.startswith(_BUILT_IN)


def home_of(file: str) -> Path:
    """The plugin's own files, by one of them: that file, or the package in which it lies."""
    home = Path(file)
    while (home.parent / "__init__.py").is_file():
        home = home.parent
    return home


def each(tasks: Sequence[Callable[[], Any]], limit: float, home: Path | None) -> list[Answer]:
    """Call functions of one plugin one after another in a child process.

    Args:
        tasks: The calls; a :class:`Task` names the function to blame.
        limit: Seconds for each.
        home: The plugin's file or folder, whose lines are blamed first.

    Returns:
        An answer a task. What comes back is a pickled copy; a task that raises, hangs, kills its process or
        returns what does not pickle is a failure, and the others go on in a fresh child.
    """
    if not CAN_FORK:
        return [_answer(task, home, (Exception, SystemExit)) for task in tasks]
    answers: list[Answer] = []
    while len(answers) < len(tasks):
        answers += _in_child(tasks[len(answers) :], limit, home)
    return answers


def here(tasks: Sequence[Callable[[], Any]], home: Path | None = None) -> list[Answer]:
    """Call functions one after another in this process, without a limit: those that are the core's own."""
    return [_answer(task, home, (Exception,)) for task in tasks]


def _in_child(tasks: Sequence[Callable[[], Any]], limit: float, home: Path | None) -> list[Answer]:
    """The answers of one child, the last of which is the failure that ended it early, if one did."""
    ours, its = Pipe(duplex=False)
    with ours:
        with its:
            child = _fork()
            if not child:
                _serve(tasks, its, home, limit)
        try:
            found, how = _received(ours, len(tasks), limit)
        finally:
            # Whatever interrupts this process, no child is left behind.
            code = _end(child)
    if len(found) < len(tasks):
        said = how or _DIED.format(how=_way(code))
        found.append(Answer(failure=Failure(said.en, _place(tasks[len(found)]), zh=said.zh)))
    return found


def _fork() -> int:
    with warnings.catch_warnings():
        # Python warns of locks that other threads hold. The child takes none of theirs: it asks no engine, writes
        # to no stream of this process, and ends without a farewell.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _received(ours: Connection, count: int, limit: float) -> tuple[list[Answer], Text | None]:
    """Answers as they come; if they stop coming for longer than the limit, that in words."""
    found: list[Answer] = []
    while len(found) < count:
        try:
            if not ours.poll(limit):
                return found, _TOO_LONG.format(seconds=limit)
            found.append(_unpickled(ours.recv_bytes()))
        except (EOFError, OSError):
            return found, None
    return found, None


def _unpickled(message: bytes) -> Answer:
    where, data = pickle.loads(message)  # noqa: S301  # of our own child
    try:
        answer: Answer = pickle.loads(data)  # noqa: S301  # as above
    except Exception as error:  # noqa: BLE001  # whatever a plugin's own class does when it is read
        return Answer(failure=_not_carried(error, where))
    return answer


def _end(child: int) -> int | None:
    """Kill a child, and all that it has started; its wait status, which is that of its own end if it had ended."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    try:
        return os.waitpid(child, 0)[1]
    except ChildProcessError:  # this process lets the system bury its children
        return None


def _way(status: int | None) -> Text:
    """How a process ended."""
    if status is None or not os.WIFSIGNALED(status):
        return _EXIT_CODE.format(code="?" if status is None else os.WEXITSTATUS(status))
    name = signal.Signals(os.WTERMSIG(status)).name
    return Text(en=name, zh=name)


def _serve(tasks: Sequence[Callable[[], Any]], its: Connection, home: Path | None, limit: float) -> NoReturn:
    """The child's life."""
    status = 1
    try:
        _alone(len(tasks) * limit)
        for task in tasks:
            answer = _answer(task, home, (BaseException,))
            where = _place(task)
            its.send_bytes(pickle.dumps((where, _pickled(answer, where))))
        status = 0
    finally:
        # Nothing of this process's own is tidied up: sockets and temporary files are still its parent's.
        os._exit(status)


def _alone(longest: float) -> None:
    """Cut a child off from the streams, signals and terminal of its parent."""
    # To look through objects that both have would copy their memory.
    gc.freeze()
    os.setsid()
    faulthandler.disable()
    logging.disable()
    signal.set_wakeup_fd(-1)
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(one, signal.SIG_DFL)
    # If the parent is killed, nobody ends a child that hangs: it ends itself.
    signal.setitimer(signal.ITIMER_REAL, longest + 60)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    # A kernel's streams are no files but sockets.
    sys.stdin = os.fdopen(os.dup(nothing), "r", encoding="utf-8")
    sys.stdout = sys.stderr = os.fdopen(nothing, "w", encoding="utf-8")


def _answer(task: Callable[[], Any], home: Path | None, caught: tuple[type[BaseException], ...]) -> Answer:
    """What a task returns or raises."""
    try:
        return Answer(task())
    except caught as error:
        return Answer(failure=_failure(error, task, home))


def _failure(error: BaseException, task: Callable[[], Any], home: Path | None) -> Failure:
    where = blame(error, home, _function(task)) or _place(task)
    if isinstance(error, SystemExit):
        return Failure(_LEFT.en, where, zh=_LEFT.zh)
    if isinstance(error, UnfitError):
        return Failure(error.words.en, where, error.nearest, error.fix, error.words.zh)
    if isinstance(error, CpmError):
        first: Problem = error.problems[0]
        return Failure(first.what, first.where or where, first.nearest, first.fix)
    return Failure(in_words(error), where)


def in_words(error: BaseException) -> str:
    """An exception's class and the first line of what it says."""
    try:
        # Scrubbed before it is cut: of a secret that is cut off the rest would not be known.
        said = next((line.strip() for line in scrubbed(str(error)).splitlines() if line.strip()), "")[:_LONGEST]
    except Exception:  # noqa: BLE001  # an exception of a plugin may be unable to say anything
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _pickled(answer: Answer, where: str) -> bytes:
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001  # whatever an object of a plugin's raises
        return pickle.dumps(Answer(failure=_not_carried(error, where)))


def _not_carried(error: Exception, where: str) -> Failure:
    said = _NOT_CARRIED.format(why=in_words(error))
    return Failure(said.en, where, zh=said.zh)


def blame(error: BaseException, home: Path | None, function: Callable[..., Any] | None = None) -> str:
    """File and line of the innermost frame in a plugin's own files; empty if there is none."""
    own = getattr(function, "__code__", None)
    found = ""
    for file, line in _frames(error):
        if file == getattr(own, "co_filename", None) or (home is not None and _within(file, home)):
            found = f"{file}:{line}"
    return found


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    """The frames of an error and, before them, of what it was raised from; the innermost last."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if error.__cause__ is not None:
        yield from _frames(error.__cause__)


@functools.cache
def _within(file: str, home: Path) -> bool:
    path, home = Path(file).resolve(), home.resolve()
    return path == home or home in path.parents


def _function(task: Callable[[], Any]) -> Callable[..., Any]:
    """The plugin's function behind a task."""
    function: Any = getattr(task, "function", task)
    while isinstance(function, functools.partial):
        function = function.func
    found: Callable[..., Any] = inspect.unwrap(function)
    return found


def _place(task: Callable[[], Any]) -> str:
    """Where a task's function stands."""
    code = getattr(_function(task), "__code__", None)
    return getattr(task, "where", "") or (f"{code.co_filename}:{code.co_firstlineno}" if code else "")
