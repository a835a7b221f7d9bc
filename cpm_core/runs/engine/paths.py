"""Where papermill would write, and how its last writing, which is in place, is left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.iorw import LocalHandler, papermill_io, write_ipynb

from cpm_core.runs.engine.saving import without_secrets

if TYPE_CHECKING:
    from nbformat import NotebookNode

LOCAL = "local"
"""The scheme under which papermill keeps its handler of files."""


def local_path(path: object) -> Path | None:
    """The absolute path of an output that is a file here; None: it is elsewhere, a stream, or there is none."""
    if not isinstance(path, str) or not isinstance(papermill_io.get_handler(path), LocalHandler):
        return None
    handler = papermill_io.get_handler(LOCAL)
    # Where papermill was started: its `--cwd` has changed the folder by now.
    folder = handler.cwd(None)
    handler.cwd(folder)
    found = Path(folder or ".").absolute() / path
    return None if found.exists() and not found.is_file() else found


def leave_out_last_writing(path: str) -> None:
    """Let papermill not write a notebook that is saved already: it would do it in place."""
    handler = papermill_io.get_handler(path)
    if not isinstance(handler, _Saved):
        handler = _Saved()
        papermill_io.register(path, handler)
    handler.saved = path


class Elsewhere:
    """An output that is no file here, written as papermill writes it: an address, or standard output."""

    def __init__(self, path: str) -> None:
        self.path = path

    def save(self, node: NotebookNode) -> None:
        """Save a notebook; see `Place`."""
        try:
            write_ipynb(without_secrets(node), self.path)
        except Exception as error:
            # Of whichever library reaches that place.
            raise OSError(f"{type(error).__name__}: {error}") from error


class _Saved(LocalHandler):  # type: ignore[misc]  # papermill ships no types
    """Papermill's handler of one output, which leaves out one writing."""

    saved = ""

    def read(self, path: str) -> Any:
        return papermill_io.get_handler(LOCAL).read(path)

    def write(self, buf: str, path: str) -> None:
        if path == self.saved:
            self.saved = ""
        else:
            papermill_io.get_handler(LOCAL).write(buf, path)
