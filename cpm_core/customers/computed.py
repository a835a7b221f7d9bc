"""The tables that this room works out for the catalog: what customers are worth, how they are labelled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from cpm_core.customers.customer_values import customer_values
from cpm_core.customers.labels import customer_labels
from cpm_core.hooks.registry import Registry
from cpm_core.model.periods import Period
from cpm_core.params.schema import Params

if TYPE_CHECKING:
    from cpm_core.tables.computed import Computed


def computed_tables(
    params: Params,
    registry: Registry,
    periods: Sequence[Period],  # noqa: ARG001  # each table takes what it needs of them
    delivered: Collection[str],
) -> Mapping[str, Computed]:
    """By name; none is worked out before it is asked for.

    Args:
        params: Of the workbook.
        registry: What its plugins provide.
        periods: The measured periods, oldest first.
        delivered: Base tables that are there.
    """
    tables = [customer_values(params.settings_for(), delivered), customer_labels(params, registry)]
    return {one.id: one for one in tables}
