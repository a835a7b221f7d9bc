"""The key `checks` of a params file: which checks on data are made, how strictly, and of which tables."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from cpm_core.params.keys import Keys
from cpm_core.params.values import Name

Level = Literal["warn", "stop", "off"]


class TableCheck(Keys):
    """A check of one table; the check's own model types its options later."""

    model_config = ConfigDict(frozen=True, extra="allow")
    level: Level | None = Field(None, examples=["warn"])
    """Whether a check that is not met warns, stops the run, or is not made; left out: as its author has it."""

    @property
    def options(self) -> dict[str, Any]:
        """Every other key, as text."""
        return dict(self.model_extra or {})


class CheckKeys(TableCheck):
    """A check and its options; what is left out is as the check's author has it."""

    tables: dict[Name, TableCheck] = Field({}, examples=["{costs: {level: off}}"])
    """For some tables something else."""
