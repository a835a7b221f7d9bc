"""What a params file may say of the source `demo`."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cpm_core.builtin.sources.demo import truths


class DemoOptions(BaseModel):
    """Either the folder of a written demo, or how to make one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = Field(default=None, description="A folder written by `cpm demo`, relative to the params file.")
    customers: int = Field(default=2000, ge=truths.MIN_CUSTOMERS, description="Number of customers.")
    seed: int = Field(default=7, ge=0, description="Chooses the company.")
    half_delivery: bool = Field(default=False, description="Deliver half of the last 31 days' orders.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        beside = sorted(self.model_fields_set - {"path"})
        if self.path is not None and beside:
            raise ValueError(f"path names a company that is made already: leave out {', '.join(beside)}, or path")
        return self
