"""What is proposed for one base table, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cpm_core.checks.proposing.matching import Match
from cpm_core.model.text import Text


@dataclass(frozen=True)
class Rule:
    """Where a canonical column comes from, and what is unsure of it."""

    column: str
    how: Literal["name", "value", "sql"]
    what: str
    doubt: Text | None = None


@dataclass
class Proposal:
    """One base table of the params file.

    Attributes:
        rules: One a canonical column, in the order of the spec.
        query: Instead of rules: a select over `source`.
        doubts: What is unsure of the table as a whole.
        time: SQL of the time of a row over the sheet's columns; empty: it has none.
    """

    match: Match
    rules: list[Rule] = field(default_factory=list)
    query: str = ""
    doubts: list[Text] = field(default_factory=list)
    time: str = ""
    name: str = ""
    """The base table, where it is another one than the sheet was matched with."""

    @property
    def table(self) -> str:
        """The base table."""
        return self.name or self.match.table
