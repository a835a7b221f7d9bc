"""Tell plugins of runs. An observer that fails is logged and harms no report."""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


def observe(hook: Any, name: str, **told: Any) -> list[str]:
    """Call every observer of a hook by itself.

    Args:
        hook: A registry's `hook`.
        name: The hook, as `cpm_run_published`.
        told: Its arguments.

    Returns:
        What went wrong, in words.
    """
    wrong = []
    for observer in reversed(getattr(hook, name).get_hookimpls()):
        try:
            observer.function(**{argument: told[argument] for argument in observer.argnames})
        except Exception as error:  # a plugin may fail in any way, and the report stands
            wrong.append(f"{name} of plugin {observer.plugin_name!r} raised {type(error).__name__}: {error}")
            log.warning("%s", wrong[-1], exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
    return wrong
