"""The options of the sources `files` and `database`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator


class Rule(BaseModel):
    """The same value in every row, or a SQL expression over the source's columns."""

    model_config = ConfigDict(extra="forbid")
    value: str | None = None
    sql: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Rule:
        if (self.value is None) == (self.sql is None):
            raise ValueError("a column is a source column's name, {value: a constant} or {sql: an expression}")
        return self


def _kind(given: object) -> str:
    return "name" if isinstance(given, str) else "rule"


# Told apart by their kind, so that only what was meant is complained of.
Columns = dict[str, Annotated[Annotated[str, Tag("name")] | Annotated[Rule, Tag("rule")], Discriminator(_kind)]]


class Part(BaseModel):
    """What every base table may say of itself."""

    model_config = ConfigDict(extra="forbid")
    columns: Columns = Field({}, examples=["{amount: total}"])
    query: str | None = None
    reverse: bool | list[Literal["csat", "nps", "ces"]] = Field(False, examples=["true", "[ces]"])
    """Of surveys: the best answer is the lowest of its scale, and is turned; a list names the kinds that are so."""
    loaded_until: date | None = None
    """The last day through which the source is complete; left out: judged by the gaps between rows."""


class TableFile(Part):
    """Where one base table comes from."""

    path: str | None = Field(None, examples=["../data/orders-*.csv"])
    sheet: str | None = None
    encoding: str | None = Field(None, examples=["gb18030"])

    @model_validator(mode="after")
    def _fits(self) -> TableFile:
        if self.path is None and self.query is None:
            raise ValueError("a table has a path or a query")
        if self.path is None and (self.sheet or self.encoding):
            raise ValueError("sheet and encoding go with a path")
        if self.query is not None and self.columns:
            raise ValueError("a query names its columns itself; columns go with a path alone")
        return self


def _only_surveys(tables: Mapping[str, Part]) -> None:
    odd = [name for name, table in tables.items() if table.reverse and name != "surveys"]
    if odd:
        raise ValueError(f"reverse turns the scores of surveys; {odd[0]} has none")


class FilesOptions(BaseModel):
    """Base tables by name."""

    model_config = ConfigDict(extra="forbid")
    tables: dict[str, TableFile] = Field(min_length=1)

    @model_validator(mode="after")
    def _scores(self) -> FilesOptions:
        _only_surveys(self.tables)
        return self


class TableThere(Part):
    """Which table of the database, or which query over it, is one base table."""

    table: str | None = Field(None, examples=["sales.invoices"])

    @model_validator(mode="after")
    def _one(self) -> TableThere:
        if (self.table is None) == (self.query is None):
            raise ValueError("a table is either a table of the database or a query")
        return self


class DatabaseOptions(BaseModel):
    """Base tables by name."""

    model_config = ConfigDict(extra="forbid")
    tables: dict[str, TableThere] = Field(min_length=1)

    @model_validator(mode="after")
    def _scores(self) -> DatabaseOptions:
        _only_surveys(self.tables)
        return self
