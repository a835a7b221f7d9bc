"""Run a plugin's code at load, and say what it raised and in which of its lines."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from cpm_core.hooks.loading import PREFIX
from cpm_core.model.errors import CpmError, Problem
from cpm_core.model.names import nearest

_CORE = Path(__file__).resolve().parent.parent


def guarded(work: Callable[[], Any], home: Path | None) -> tuple[Any, tuple[Problem, ...]]:
    """What ``work`` returns, or what is wrong with it.

    Args:
        work: Runs a plugin's code.
        home: The plugin's file or folder, by whose lines is blamed; None: the innermost line.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        SystemExit: A signal's: a plugin's own is a problem of the plugin.
    """
    try:
        return work(), ()
    except KeyboardInterrupt:
        raise
    except SystemExit as error:
        if _is_signal(error):
            raise
        fix = "Take it out: a plugin is imported, not run."
        return None, (Problem(f"it leaves the program with SystemExit({error.code!r})", blamed(error, home), fix=fix),)
    except CpmError as error:
        where = blamed(error, home)
        told = (Problem(one.what, one.where or where, one.nearest, one.fix) for one in error.problems)
        return None, tuple(told)
    except BaseException as error:  # noqa: BLE001  # whatever a plugin raises is told with all other problems
        return None, (_problem(error, home),)


def _problem(error: BaseException, home: Path | None) -> Problem:
    where = blamed(error, home)
    if isinstance(error, SyntaxError):
        return Problem(f"{type(error).__name__}: {error.msg}", where)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error, error.name, where, home)
    return Problem(f"{type(error).__name__}: {error}", where)


def _missing_module(error: ModuleNotFoundError, name: str, where: str, home: Path | None) -> Problem:
    folder = home if home is None or home.is_dir() else home.parent
    beside = [] if folder is None else [one.stem for one in folder.iterdir() if one.suffix == ".py" or one.is_dir()]
    first, _, rest = name.partition(".")
    if first.startswith(PREFIX):
        return Problem(f"there is no module {rest!r} in the folder of the plugins", where, nearest(rest, beside))
    if first in beside:
        fix = f"Write `from . import {first}`: what lies beside a plugin is imported relatively."
    else:
        fix = f"Install the package that brings the module {first!r} into this environment (`pip install …`)."
    return Problem(f"ModuleNotFoundError: {error}", where, fix=fix)


def _is_signal(error: SystemExit) -> bool:
    """Whether a handler of the core raised it, amid whatever was running."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and _within(frames[-1], _CORE) and not _within(frames[-1], _CORE / "builtin")


def _within(frame: FrameType, home: Path) -> bool:
    return Path(frame.f_code.co_filename).is_relative_to(home)


def blamed(error: BaseException, home: Path | None) -> str:
    """The innermost line of the plugin's own code in a traceback, as `file:line`; empty if there is none."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{error.filename}:{error.lineno}"
    lines = list(traceback.walk_tb(error.__traceback__))
    own = [(frame, line) for frame, line in lines if home is None or _within(frame, home)]
    if not own:
        return ""
    frame, line = own[-1]
    return f"{frame.f_code.co_filename}:{line}"
