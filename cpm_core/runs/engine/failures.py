"""What the engine raises, so that papermill ends with its own exit codes and whoever calls it catches what it knows."""

from __future__ import annotations

from click import ClickException
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError

from cpm_core.runs.engine.endings import Ending


class RefusedError(PapermillException, ClickException):  # type: ignore[misc]  # papermill ships no types
    """Told before a kernel starts; papermill's command shows it in one line."""

    def __init__(self, words: str) -> None:
        ClickException.__init__(self, words)


class WrongParameterError(RefusedError):
    """The notebook does not declare what it is given, or declares it otherwise: wrong usage."""

    exit_code = 2


class NotWholeError(Exception):
    """A notebook did not run to its end; what it had made by then is saved."""

    ending: Ending


class CellFailedError(PapermillExecutionError, NotWholeError):  # type: ignore[misc]  # as above
    """A cell raised: what papermill itself raises, and shows with the traceback of the cell."""

    def __init__(self, ending: Ending, count: int | None, traceback: list[str]) -> None:
        super().__init__(ending.at, count, ending.source, ending.name, ending.words, traceback)
        self.ending = ending
        # What an exception is made of again in another process.
        self.args = (ending, count, traceback)


class _ToldError(NotWholeError, ClickException):
    """Papermill's command shows it in one line."""

    def __init__(self, ending: Ending, words: str) -> None:
        ClickException.__init__(self, words)
        self.ending = ending
        self.args = (ending, words)


class KernelDiedError(_ToldError, DeadKernelError):
    """The kernel's process is gone: papermill's command ends with 138."""


class TimeLimitError(_ToldError, CellTimeoutError):
    """A limit of time was reached."""


class NotRunError(_ToldError, PapermillException):  # type: ignore[misc]  # as above
    """What runs the cells has failed, not a cell; or a signal has stopped it."""
