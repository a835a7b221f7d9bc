"""Tell plugins of runs. An observer that fails is logged and told, and harms no report."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from cpm_core.hooks.blame import blamed
from cpm_core.model.errors import Problem

log = logging.getLogger(__name__)


def observe(hook: Any, name: str, **told: Any) -> list[Problem]:
    """Call every observer of a hook by itself.

    Args:
        hook: A registry's `hook`.
        name: The hook, as `cpm_run_published`.
        told: Its arguments.

    Returns:
        What went wrong, with the plugin, its file and line.
    """
    wrong = []
    for observer in reversed(getattr(hook, name).get_hookimpls()):
        try:
            observer.function(**{argument: told[argument] for argument in observer.argnames})
        except Exception as error:  # a plugin may fail in any way, and the report stands
            words = f"{name} of plugin {observer.plugin_name!r} raised {type(error).__name__}: {error}"
            wrong.append(Problem(words, blamed(error, _home(observer.plugin))))
            # Whoever called the run is told by it; a warning would tell them twice.
            log.info("%s", wrong[-1], exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
    return wrong


def _home(plugin: Any) -> Path | None:
    """A plugin's file, or the folder of a package; None for one that is not made of a file."""
    file = getattr(plugin, "__file__", None)
    path = Path(file) if file else None
    return path.parent if path is not None and path.name == "__init__.py" else path
