"""The columns of the facts table and what its states mean."""

from __future__ import annotations

from typing import Literal

State = Literal["ok", "few", "no data", "undefined", "failed", "blocked"]

FACT_COLUMNS: tuple[str, ...] = (
    "workbook",
    "run",
    "as_of",
    "kpi",
    "period",
    "period_start",
    "period_end",
    "slice",
    "member",
    "value",
    "numerator",
    "denominator",
    "n",
    "low",
    "high",
    "complete",
    "state",
    "reason",
    "provider",
    "version",
    "definition",
)
"""One row a measured figure; `period_end` is exclusive, `slice` and `member` empty for the total."""

NEW_MEMBER = "new"
"""The member of tier and stage for customers who had no label on the day before a period."""
NO_MEMBER = "(none)"
"""The member of rows whose slice column is null."""
