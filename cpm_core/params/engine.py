"""The key `engine`: where tables live and figures are computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from cpm_core.params import values
from cpm_core.params.keys import Keys

_ONLY: Mapping[str, tuple[str, ...]] = {
    "url": ("postgres", "spark"),
    "database": ("duckdb",),
    "statement_timeout": ("postgres",),
    "options": ("spark",),
}
"""Keys that not every backend has."""


class Engine(Keys):
    """Where the figures are computed."""

    backend: Literal["duckdb", "postgres", "spark"] = "duckdb"
    """The embedded DuckDB, or a server."""
    url: values.Name | None = Field(None, examples=["secret://env/CPM_DATABASE"])
    """Of the server: `postgresql://user@host/database`, `spark://host:7077`, or a reference to the secret that it is;
    left out: what libpq finds in the environment, or the Spark of this machine."""
    database: values.Name | None = Field(None, examples=["../data/shop.duckdb"])
    """A DuckDB file that the source `database` reads; nothing is written to it."""
    threads: int | None = Field(None, ge=1, le=1024, examples=[4])
    """Of DuckDB, which reads files for every backend; left out: all cores."""
    memory_limit: values.Memory | None = Field(None, examples=["4GB"])
    """Of DuckDB; left out: most of the machine's."""
    statement_timeout: values.Number | None = Field(None, gt=0, examples=[600])
    """Seconds that a query on PostgreSQL may take; left out: as the server has it."""
    options: dict[values.Name, str] = Field({}, examples=["{spark.executor.memory: 4g}"])
    """Spark's own settings."""

    @model_validator(mode="after")
    def _of_this_backend(self) -> Engine:
        for key, backends in _ONLY.items():
            given: Any = getattr(self, key)
            if given and self.backend not in backends:
                raise values.wrong(
                    f"{key} is no key of the backend {self.backend}",
                    fix=f"It goes with {' and '.join(backends)}; take it out, or change the backend.",
                )
        return self
