"""How long the code of plugins, the queries of an engine and a run may take, and how much a run may use."""

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


@dataclass(frozen=True)
class RunLimits:
    """What one run may take; None: no limit."""

    cell: float | None = None
    """Seconds for one cell of the notebook."""
    run: float | None = None
    """Seconds for the whole run, from reading the data to publishing."""
    output: int = 50_000_000
    """Bytes of the outputs of one notebook; what goes beyond is left out, and the notebook says so."""
    memory: int | None = None
    """Bytes of memory of the kernel's process."""
