"""Where in a plugin's own code an error came from."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb

from cpm_core.params.paths import shown


def line_of(error: BaseException, file: str) -> str:
    """The innermost line of a plugin that led to an error, as `plugins/mailer.py:12`.

    Args:
        error: As it was caught.
        file: The plugin's module; of a package its `__init__.py`, and every file beside that counts.

    Returns:
        The file alone where the traceback has no line of it.
    """
    own = Path(file)
    within = own.parent if own.name == "__init__.py" else own
    for frame in reversed(extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(within):
            return f"{shown(Path(frame.filename))}:{frame.lineno}"
    return shown(own) if file else ""
