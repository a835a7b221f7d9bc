"""A kernel that was forked from the fork server: made as fresh as one that was started by itself. Linux only."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import select
import signal
import sys
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import NoReturn

import numpy as np
from ipykernel.kernelapp import IPKernelApp

from cpm_core.runs.warm.forking import Birth
from cpm_core.runs.warm.wire import STARTED, answer


def become(born: Birth, noted: Mapping[str, str]) -> NoReturn:
    """Become the kernel that was ordered; its end is that of the process.

    Args:
        born: The order, and what came with it.
        noted: Environment variables that importing has set.
    """
    # A group of its own before its runner knows of it: whoever kills the group must not hit the server.
    os.setsid()
    for target, file in enumerate(born.files):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update({**noted, **born.order.environment})
    os.chdir(born.order.folder)
    # What was imported has seeded them, and all children would draw the same.
    random.seed()
    np.random.seed()  # noqa: NPY002  # the state that old code draws from
    launcher = find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *born.order.arguments]
    watch = os.pidfd_open(born.runner)
    answer(born.connection, STARTED, os.getpid())
    born.connection.close()
    # That there is a parent counts, not which: without one it writes how to connect to its standard output.
    app = IPKernelApp.instance(parent_handle=born.runner)
    # Its own would look at the parent, and so end when the fork server does.
    app.init_poller = _Runner(watch).start  # type: ignore[method-assign]  # of this one alone
    app.initialize()  # type: ignore[no-untyped-call]  # ipykernel's have no types
    app.start()  # type: ignore[no-untyped-call]  # as above
    _end()


def _end() -> NoReturn:
    """End as the interpreter would, but for taking each object apart: the system takes the memory back at once."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # waits for threads that are no daemons
    atexit._run_exitfuncs()  # noqa: SLF001  # there is no other name for either
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


class _Runner(threading.Thread):
    """Ends the kernel, and what it has started, when its runner has ended.

    The fork server does so too, and sooner; this is for one that was killed as well.
    """

    def __init__(self, watch: int) -> None:
        super().__init__(daemon=True, name="runner")
        self._watch = watch

    def run(self) -> None:
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        poll.poll()
        os.killpg(os.getpid(), signal.SIGKILL)
