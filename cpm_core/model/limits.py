"""How long the code of plugins and the queries of an engine may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds after which what hangs is ended, and said to have failed."""

    definition: float = 10.0
    """For one function of a plugin that returns an expression."""
    pandas: float = 60.0
    """For one KPI that is a pandas function, over all its periods and members."""
    query: float = 600.0
    """For one query that measures KPIs or stores a table."""
