"""The tables that this room works out for the catalog: what customers are worth, how they are labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cpm_core.hooks.registry import Registry
from cpm_core.model.periods import Period
from cpm_core.params.schema import Params

if TYPE_CHECKING:
    from cpm_core.tables.derive import Computed


def computed_tables(params: Params, registry: Registry, periods: Sequence[Period]) -> Mapping[str, Computed]:  # noqa: ARG001  # each table takes what it needs of them
    """By name; none is worked out before it is asked for."""
    return {}
