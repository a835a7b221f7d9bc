"""Tell plugins of runs. An observer that fails is logged and told, and harms no report."""

from __future__ import annotations

import logging
from typing import Any

from cpm_core.model.errors import Problem
from cpm_core.runs.blame import line_of

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
            wrong.append(Problem(words, line_of(error, str(getattr(observer.plugin, "__file__", "")))))
            log.warning("%s", wrong[-1], exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
    return wrong
