"""Customer performance workbook: KPIs, tiers and reports that can be trusted.

Loads lazily: ``import cpm_core`` costs nothing until :func:`open` is called.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cpm_core.model.secrets.references import secret
    from cpm_core.report.explorer import Explorer
    from cpm_core.workbook import Workbook, open

__version__ = "0.1.0"

_HOMES = {
    "Explorer": "cpm_core.report.explorer",
    "Workbook": "cpm_core.workbook",
    "open": "cpm_core.workbook",
    "panel": "cpm_core.widgets.panel",
    "secret": "cpm_core.model.secrets.references",
}

__all__ = ["Explorer", "Workbook", "__version__", "open", "panel", "secret"]  # panel comes by __getattr__


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'cpm_core' has no attribute {name!r}")
