"""The `cpm` command: thin; every command body imports what it needs when it is called."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from cpm_core.cli import compare, plugins, reports, runs, schedule, tools
from cpm_core.cli.app import app
from cpm_core.cli.options import join_pairs
from cpm_core.model.errors import Problem
from cpm_core.model.leaving import leave
from cpm_core.runs.console import DEBUG, panel, tell

COMMANDS = (reports, schedule, plugins, runs, compare, tools)
"""Modules whose import adds their commands, in the order of the help."""


def main(args: Sequence[str] | None = None) -> int:
    """Run `cpm` and return its exit code; errors end as one short panel on standard error."""
    words = list(sys.argv[1:] if args is None else args)
    ours = words[: words.index("--")] if "--" in words else words
    debug = "--debug" in ours
    words = [word for word in ours if word != "--debug"] + words[len(ours) :]
    before, shown = signal.signal(signal.SIGTERM, leave), DEBUG.set(debug)
    try:
        code = app(list(join_pairs(words)), "cpm", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:  # noqa: BLE001  # the last one who can tell it in words
        return _tell(error)
    finally:
        DEBUG.reset(shown)
        signal.signal(signal.SIGTERM, before)


def _tell(error: Exception) -> int:
    """Show an error in a panel; returns the exit code."""
    if isinstance(error, TyperException):
        command = getattr(getattr(error, "ctx", None), "command_path", "cpm")
        panel([Problem(error.format_message(), fix=f"See `{command} --help`.")], error.exit_code)
        return error.exit_code
    return tell(error)
