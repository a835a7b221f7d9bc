"""The plugins that a params file, or the working folder, sees."""

from __future__ import annotations

from cpm_core.checks.plugins.places import PLUGINS, plugins_folder
from cpm_core.hooks.registry import Registry
from cpm_core.params.disabled import disabled
from cpm_core.params.load import load


def plugins_seen(params: str | None, *, strict: bool = False) -> Registry:
    """The plugins of a params file; without one, those that are seen from the working folder.

    Args:
        params: The file, or its bare name.
        strict: Whether what is wrong with a plugin is an error; else it is quarantined.

    Raises:
        UsageError: The params file is wrong.
        PluginError: With ``strict``, all that is wrong with the plugins.
    """
    if params is None:
        return Registry.load(plugins_folder(), (), disabled(), strict=strict)
    loaded = load(params)
    return Registry.load(loaded.home / PLUGINS, loaded.plugins.use, disabled(loaded), strict=strict)
