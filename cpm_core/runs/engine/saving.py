"""Save an executed notebook: aside, brought to the disk, renamed. A reader sees one whole state or another."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from cpm_core.model.locks import give_back, take
from cpm_core.model.secrets import scrubbed
from cpm_core.runs.disk import sync
from cpm_core.runs.engine.failures import RefusedError

if TYPE_CHECKING:
    from nbformat import NotebookNode


class Place(Protocol):
    """Where a notebook is saved."""

    def save(self, node: NotebookNode) -> None:
        """Save it without the secrets that are known.

        Raises:
            OSError: It cannot be written; what was there before is as it was.
        """


class Output:
    """A file that a notebook is saved in."""

    def __init__(self, path: Path) -> None:
        # A link stays one: what it leads to is replaced.
        self.path = path.resolve()
        self._aside = self.path.with_name(f".{self.path.name}.part")

    @contextmanager
    def held(self) -> Iterator[Output]:
        """Hold the lock beside it; its file is gone afterwards.

        Raises:
            RefusedError: The folder is missing or cannot be written, or another run writes this notebook.
        """
        if not self.path.parent.is_dir():
            raise RefusedError(f"there is no folder {self.path.parent} for the output {self.path.name}; make it first")
        file = self._locked()
        try:
            yield self
        finally:
            _let_go(file)

    def _locked(self) -> IO[str]:
        path = self.path.with_name(f".{self.path.name}.lock")
        while True:
            try:
                file = path.open("a+", encoding="utf-8")
            except OSError as error:
                raise RefusedError(f"{self.path} cannot be written: {error.strerror or error}") from error
            try:
                if not take(file):
                    raise RefusedError(f"another run writes {self.path}; wait for it to end, or name another output")
                if _is_there(file, path):
                    return file
            except BaseException:
                file.close()
                raise
            # Its holder removed it between our opening it and taking it.
            give_back(file)
            file.close()

    def save(self, node: NotebookNode) -> None:
        """Save a notebook; see `Place`."""
        from nbformat import v4

        try:
            with self._aside.open("w", encoding="utf-8") as file:
                file.write(v4.writes(without_secrets(node)) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self._aside.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                self._aside.unlink()
            raise
        sync(self.path.parent)


def _let_go(file: IO[str]) -> None:
    """Unlock, and remove the file of the lock: what lies beside a report is published with it."""
    path = Path(file.name)
    if sys.platform != "win32":
        # While it is held, so that it is surely ours.
        path.unlink(missing_ok=True)
    give_back(file)
    file.close()
    if sys.platform == "win32":
        # No open file can be removed there: neither ours before, nor that of the next one now.
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _is_there(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def without_secrets(value: Any) -> Any:
    """A copy in which each text is scrubbed by itself: in the file a text of many lines is broken."""
    from nbformat import NotebookNode

    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, Mapping):
        made = NotebookNode()
        # Its own way of setting converts each value once more.
        dict.update(made, {without_secrets(key): without_secrets(one) for key, one in value.items()})
        return made
    if isinstance(value, (list, tuple)):
        return [without_secrets(one) for one in value]
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return value
    # A parameter of another kind, as a date, is handed to the notebook as its text.
    return scrubbed(str(value))
