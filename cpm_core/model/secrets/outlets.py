"""Where a process lets words out: its streams, its log, and in a kernel the messages that become outputs."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO, cast

from cpm_core.model.secrets.hiding import scrubbed


class Outlet:
    """A stream whose words are scrubbed on their way."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write words without secrets."""
        self._stream.write(scrubbed(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines without secrets."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard() -> None:
    """See that this process lets no known secret out; to say it again does no harm."""
    _guard_log()
    session = _kernels_session()
    if session is not None:
        _guard_session(session)
        return
    # Tracebacks and warnings go to the same streams.
    sys.stdout, sys.stderr = _outlet(sys.stdout), _outlet(sys.stderr)


def _outlet(stream: TextIO | None) -> TextIO:
    # A process without a console has no streams.
    return cast("TextIO", stream if stream is None or isinstance(stream, Outlet) else Outlet(stream))


def _guard_log() -> None:
    before = logging.getLogRecordFactory()
    if getattr(before, "hides_secrets", False):
        return

    def record(*given: Any, **named: Any) -> logging.LogRecord:
        made = before(*given, **named)
        with suppress(TypeError, ValueError):  # words that do not fit their arguments are the handler's to tell
            made.msg, made.args = scrubbed(made.getMessage()), ()
        if made.exc_info and made.exc_info[1] is not None:
            made.exc_text = scrubbed("".join(traceback.format_exception(*made.exc_info)).rstrip())
            made.exc_info = None
        return made

    record.hides_secrets = True  # type: ignore[attr-defined]  # a mark, so that it is not put upon itself
    logging.setLogRecordFactory(record)


def _kernels_session() -> Any:
    """What packs the messages of the kernel that this process is; None if it is none."""
    module = sys.modules.get("ipykernel.kernelapp")
    if module is None or not module.IPKernelApp.initialized():
        return None
    return getattr(getattr(module.IPKernelApp.instance(), "kernel", None), "session", None)


def _guard_session(session: Any) -> None:
    """Scrub every message: streams, results, displays and tracebacks are all packed here."""
    before = session.pack
    if getattr(before, "hides_secrets", False):
        return

    def pack(message: Any) -> bytes:
        packed: bytes = before(message)
        text = packed.decode("utf-8", "surrogatepass")
        clean = scrubbed(text)
        return packed if clean == text else clean.encode("utf-8", "surrogatepass")

    pack.hides_secrets = True  # type: ignore[attr-defined]  # as above
    session.pack = pack
