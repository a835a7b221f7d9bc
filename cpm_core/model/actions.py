"""What may be done for a customer: an action of the playbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cpm_core.model.names import nearest
from cpm_core.model.rules import STAGES, TIERS
from cpm_core.model.text import Text


@dataclass(frozen=True)
class Action:
    """Something that is done for customers of some tiers and stages, under a condition.

    The plan gives each customer the one eligible action that is worth most, and picks customers under
    the budget and hours of the params.

    Raises:
        ValueError: A tier or stage that there is not, a negative cost or number of hours, or a share
            beyond 0 to 1.
    """

    id: str
    title: Text
    cost: Decimal = Decimal(0)
    """Money a customer."""
    hours: Decimal = Decimal(0)
    """Hours of work a customer."""
    saves: float = 0.0
    """The expected share of a customer's value at risk that the action keeps, 0 to 1."""
    tiers: tuple[str, ...] = ()
    """Tiers that it is for; empty: all."""
    stages: tuple[str, ...] = ()
    """Stages that it is for; empty: all."""
    when: Callable[[Any], Any] | None = None
    """Gets the profile (an Ibis table) and returns a boolean column of it; None: no condition."""
    owner: Text | str = ""
    """Who does it: a team or a role."""
    reads: tuple[str, ...] = ()
    """Base tables that the condition needs; a plan that names the action without them is refused."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""

    def __post_init__(self) -> None:
        # A plugin may write 12.5: the exact amount is the one that is written, not the nearest binary fraction.
        for name in ("cost", "hours"):
            value = Decimal(str(getattr(self, name)))
            if not value.is_finite() or value < 0:
                raise ValueError(f"action {self.id!r}: {name} is {value}; it is zero or above")
            object.__setattr__(self, name, value)
        if not 0 <= self.saves <= 1:
            raise ValueError(f"action {self.id!r}: saves is {self.saves}; it is a share from 0 to 1")
        for what, named, valid in (("tier", self.tiers, TIERS), ("stage", self.stages, STAGES)):
            for one in named:
                if one not in valid:
                    near = ", ".join(nearest(one, valid) or valid)
                    raise ValueError(f"action {self.id!r}: there is no {what} {one!r} (nearest: {near})")
