"""What `cpm run` asks of the engine; plain papermill has the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cpm_core.model.limits import RunLimits

SAVE_EVERY = 10.0
"""Seconds between two savings of a notebook that runs."""


@dataclass(frozen=True)
class Settings:
    """How a notebook is run."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of the kernel."""
    log: Path | None = None
    """File for what the kernel's process says outside of cells."""
    echo: bool = True
    """Whether that is shown on standard error too, as papermill does."""
    limits: RunLimits = field(default_factory=RunLimits)
    """`run` counts from the start of the kernel."""
    progress: Callable[[str], None] | None = None
    """Told of each cell that begins."""
    say: Callable[[str], None] | None = None
    """Told in one line if the kernel is not as quick to start as it should be."""
    started: Callable[[str], None] | None = None
    """Told how the kernel was started: `warm`, or `plain: ` and why."""
    again: str = ""
    """The command that runs it again; empty: papermill's."""
    own_kernel: bool = False
    """Whether the kernel is always this very Python, whatever kernel specs there are."""
    bare_paths: bool = False
    """Whether the notebook tells the names of its files alone, not their folders."""
    save_every: float = SAVE_EVERY
    """Seconds between two savings while it runs."""
