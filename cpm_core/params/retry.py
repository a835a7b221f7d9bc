"""The key `retry`: how often a run is tried that failed of what may heal."""

from __future__ import annotations

from pydantic import Field

from cpm_core.params.keys import Keys
from cpm_core.params.values import Number


class Retry(Keys):
    """What is tried again: a server that does not answer, a kernel that does not start, a lock of a database."""

    attempts: int = Field(3, ge=1, le=10, examples=[5])
    """How often a run is tried at most; 1: it is not tried again."""
    wait: Number = Field(5, ge=0, le=3600, examples=[30])
    """Seconds before the second attempt; twice as many before each further one, five minutes at most."""
