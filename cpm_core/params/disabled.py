"""Plugins that are turned off: by the params (and `--disable-plugin`, which adds to them), by the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpm_core.params.schema import Params

DISABLE = "CPM_PLUGINS_DISABLE"
"""Environment variable: names, commas between."""


def disabled(params: Params | None = None) -> Mapping[str, str]:
    """The names of plugins that are turned off, and where each was said."""
    here = {name: DISABLE for one in os.environ.get(DISABLE, "").split(",") if (name := one.strip())}
    if params is None:
        return here
    said = {name: params.where("plugins", "disable", place) for place, name in enumerate(params.plugins.disable)}
    return {**here, **said}
