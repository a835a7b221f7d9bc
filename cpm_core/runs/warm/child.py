"""What was forked from the fork server: made as fresh as a process that was started by itself. Linux only."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from multiprocessing.connection import Connection
from typing import NoReturn

import numpy as np
from ipykernel.kernelapp import IPKernelApp

from cpm_core.runs.warm.forking import Birth
from cpm_core.runs.warm.wire import KERNEL, STARTED, answer
from cpm_core.runs.worker import serve


def become(born: Birth, noted: Mapping[str, str]) -> NoReturn:
    """Become the kernel or the worker that was ordered; its end is that of the process.

    Args:
        born: The order, and what came with it.
        noted: Environment variables that importing has set.
    """
    _settle(born, noted)
    watch = os.pidfd_open(born.runner)
    answer(born.connection, STARTED, os.getpid())
    born.connection.close()
    (_kernel if born.order.program == KERNEL else _worker)(born, watch)


def _settle(born: Birth, noted: Mapping[str, str]) -> None:
    # A group of its own before its runner knows of it: whoever kills the group must not hit the server.
    os.setsid()
    for target, file in enumerate(born.files[:3]):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update({**noted, **born.order.environment})
    os.chdir(born.order.folder)
    # What was imported has seeded them, and all children would draw the same.
    random.seed()
    np.random.seed()  # noqa: NPY002  # the state that old code draws from


def _kernel(born: Birth, watch: int) -> NoReturn:
    launcher = find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *born.order.arguments]
    # That there is a parent counts, not which: without one it writes how to connect to its standard output.
    app = IPKernelApp.instance(parent_handle=born.runner)
    # Its own would look at the parent, and so end when the fork server does.
    app.init_poller = _Runner(watch, _kill_all).start  # type: ignore[method-assign]  # of this one alone
    app.initialize()  # type: ignore[no-untyped-call]  # ipykernel's have no types
    app.start()  # type: ignore[no-untyped-call]  # as above
    _end()


def _worker(born: Birth, watch: int) -> NoReturn:
    # Not by the system, as where a process is started: that would tell of the end of the fork server.
    _Runner(watch, _ask_to_leave).start()
    code = 1
    try:
        serve(Connection(born.files[3]))
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001  # as the interpreter would: told, and the end of the process
        traceback.print_exc()
    _end(code)


def _end(code: int = 0) -> NoReturn:
    """End as the interpreter would, but for taking each object apart: the system takes the memory back at once."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # waits for threads that are no daemons
    atexit._run_exitfuncs()  # noqa: SLF001  # there is no other name for either
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


class _Runner(threading.Thread):
    """Ends this process, and what it has started, when its runner has ended.

    The fork server does so too, and sooner; this is for one that was killed as well.
    """

    def __init__(self, watch: int, end: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="runner")
        self._watch, self._end = watch, end

    def run(self) -> None:
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        poll.poll()
        self._end()


def _kill_all() -> None:
    os.killpg(os.getpid(), signal.SIGKILL)


def _ask_to_leave() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
