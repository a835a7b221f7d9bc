"""The key `value` of a params file."""

from __future__ import annotations

from pydantic import Field

from cpm_core.model.value import Value, ValueModel, ValueOf
from cpm_core.params.keys import Keys
from cpm_core.params.values import Number

_DEFAULTS = Value()


class ValueKeys(Keys):
    """How the value of customers is worked out."""

    model: ValueModel = _DEFAULTS.model
    """The model of who buys again."""
    of: ValueOf | None = None
    """What is valued; left out: orders where they are delivered, else contracts."""
    horizon_months: int = Field(_DEFAULTS.horizon_months, ge=1, le=120, examples=[12])
    """Months that are looked ahead."""
    discount_rate: Number = Field(_DEFAULTS.discount_rate, ge=0, le=1, examples=[0.1])
    """By which later money is worth less, a year."""
    hold_out_days: int | None = Field(None, ge=1, le=3660, examples=[180])
    """Days at the end on which the model is tried; left out: a quarter of the history, at most a year."""

    def value(self) -> Value:
        """What table functions read of it."""
        return Value(**self.model_dump())
