"""The options of the built-in checks, as `checks` of a params file gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Rows(BaseModel):
    """How few rows are too few."""

    at_least: Share = Field(0.5, examples=["0.5"])
    """The share of the usual rows."""


class Freshness(BaseModel):
    """How old is too old."""

    days: int | None = Field(None, ge=0, le=3660, examples=["14"])
    """The most days without rows; None: as the table's own past tells."""


class RejectShare(BaseModel):
    """How many refused rows are too many."""

    at_most: Share = Field(0.25, examples=["0.25"])
    """The share of the rows that could count."""


class Nulls(BaseModel):
    """How much emptier is too empty."""

    at_most: Share = Field(0.2, examples=["0.2"])
    """By how much the share of empty cells may rise: 0.2 is 20 points."""
