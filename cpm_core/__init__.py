"""Customer performance workbook: KPIs, tiers and reports that can be trusted.

Loads lazily: ``import cpm_core`` costs nothing until :func:`open` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpm_core.workbook import Workbook, open

__version__ = "0.1.0"

__all__ = ["Workbook", "__version__", "open"]


def __getattr__(name: str) -> object:
    if name in ("Workbook", "open"):
        from cpm_core import workbook

        return getattr(workbook, name)
    raise AttributeError(f"module 'cpm_core' has no attribute {name!r}")
