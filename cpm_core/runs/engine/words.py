"""What a kernel's process says outside of cells: through a pipe, so that nothing reaches a disk with a secret in it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cpm_core.model.secrets import scrubbed

LAST = 20
"""Lines that a banner shows."""
MOST = 10_000_000
"""Bytes of a log file; what a kernel says beyond that is not kept."""
LINE = 65_536
"""Bytes of a line; a longer one is taken in pieces."""
PATIENCE = 1.0
"""Seconds for the pipe to end: a process that a cell left behind may hold it open for ever."""


@contextmanager
def kernel_words(file: Path | None, echo: bool) -> Iterator[Words]:
    """The words of one kernel while it runs.

    Args:
        file: Where they are kept; it is not made before there are any.
        echo: Whether they are shown on standard error.
    """
    words = Words(file, sys.stderr if echo else None)
    try:
        yield words
    finally:
        words.close()


class Words:
    """The reading end of a kernel's standard output and error."""

    def __init__(self, file: Path | None, echo: IO[str] | None) -> None:
        self._file, self._echo = file, echo
        self._left = MOST
        self._last: deque[str] = deque(maxlen=LAST)
        read, self.descriptor = os.pipe()
        self._reader = threading.Thread(target=self._read, args=(read,), name="cpm-kernel-words", daemon=True)
        self._reader.start()

    def last(self) -> list[str]:
        """The last lines, once the kernel is gone."""
        self.close()
        return list(self._last)

    def close(self) -> None:
        """Wait for the end, but not for ever."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            self._reader.join(PATIENCE)

    def _read(self, descriptor: int) -> None:
        rest = b""
        with os.fdopen(descriptor, "rb", buffering=0) as pipe:
            while piece := pipe.read(LINE):
                *lines, rest = (rest + piece).split(b"\n")
                if len(rest) >= LINE:
                    lines, rest = [*lines, rest], b""
                self._take(lines)
        if rest:
            self._take([rest])

    def _take(self, lines: list[bytes]) -> None:
        # A reader that dies would stop the kernel at a full pipe.
        with contextlib.suppress(OSError, ValueError):
            for line in lines:
                text = scrubbed(line.decode(errors="replace"))
                self._last.append(text)
                self._keep(text + "\n")
                if self._echo is not None:
                    self._echo.write(text + "\n")

    def _keep(self, text: str) -> None:
        if self._file is None or self._left <= 0:
            return
        self._left -= len(text)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(text)
