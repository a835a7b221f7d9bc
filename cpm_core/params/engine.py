"""The key `engine`: where tables live and figures are computed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field, model_validator

from cpm_core.params import values
from cpm_core.params.keys import Keys

ENVIRONMENT = "env:"
"""Beginning of a `url` that stands in an environment variable."""
_ONLY: Mapping[str, tuple[str, ...]] = {
    "url": ("postgres", "spark"),
    "database": ("duckdb",),
    "statement_timeout": ("postgres",),
    "options": ("spark",),
}
"""Keys that not every backend has."""


def to_url(value: str) -> str:
    """Check an address: without a password, which would be read by all who read the file."""
    if value.startswith(ENVIRONMENT):
        if re.fullmatch(r"[A-Za-z_]\w*", value.removeprefix(ENVIRONMENT)):
            return value
        raise values.wrong("after env: comes the name of an environment variable", fix="Write it as env:CPM_DATABASE.")
    # None of the messages repeats the address: it may hold a secret.
    try:
        parts = urlsplit(value)
        secret = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        raise values.wrong("it is no address", fix="Write it as postgresql://user@host:5432/database.") from None
    if secret or re.search(r"\bpassword\s*=", value):
        raise values.wrong(
            "a password stands in the file",
            fix="Take it out: put the whole address into an environment variable and write `url: env:ITS_NAME`, "
            "or leave the password to PGPASSWORD or ~/.pgpass.",
        )
    return value


def to_option(options: dict[str, str]) -> dict[str, str]:
    """Check Spark's settings: without a secret, which would be read by all who read the file or a run's record."""
    for name, value in options.items():
        if re.search(r"secret|password|token|credential|access\.?key", name, re.IGNORECASE):
            if value.startswith(ENVIRONMENT):
                continue
            raise values.wrong(
                f"a secret stands in the file, as {name}",
                fix="Take it out: put it into an environment variable and write env:ITS_NAME, or leave it to "
                "spark-defaults.conf.",
            )
    return options


Url = Annotated[values.Name, AfterValidator(to_url)]


class Engine(Keys):
    """Where the figures are computed."""

    backend: Literal["duckdb", "postgres", "spark"] = "duckdb"
    url: Url | None = Field(None, examples=["env:CPM_DATABASE"])
    """Of the server: `postgresql://user@host/database`, `spark://host:7077`, or `env:NAME` of the environment
    variable that holds it; left out: what libpq finds in the environment, or the Spark of this machine."""
    database: values.Name | None = Field(None, examples=["../data/shop.duckdb"])
    """A DuckDB file that the source `database` reads; nothing is written to it."""
    threads: int | None = Field(None, ge=1, le=1024, examples=[4])
    """Of DuckDB, which reads files for every backend; left out: all cores."""
    memory_limit: values.Memory | None = Field(None, examples=["4GB"])
    """Of DuckDB."""
    statement_timeout: values.Number | None = Field(None, gt=0, examples=[600])
    """Seconds that a query on PostgreSQL may take; left out: as the server has it."""
    options: Annotated[dict[values.Name, str], AfterValidator(to_option)] = Field(
        {}, examples=["{spark.executor.memory: 4g}"]
    )
    """Spark's own settings; `env:NAME` takes a value from an environment variable."""

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
