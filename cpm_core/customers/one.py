"""Everything known of one customer."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cpm_core.measure.rows import MASK
from cpm_core.model.errors import MeasureError
from cpm_core.model.names import nearest
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 10
"""Rows of each table that are shown; all are in ``tables``."""


@dataclass(frozen=True)
class Customer:
    """One customer: the profile with tier and reason, and the rows of each table."""

    customer_id: str
    profile: pd.Series
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [f"Customer {self.customer_id}", self.profile.dropna().to_string()]
        lines += [f"{name}: {len(frame)} rows" for name, frame in self.tables.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<h3>{html.escape(self.customer_id)}</h3>", self.profile.dropna().to_frame("").to_html()]
        for name, frame in self.tables.items():
            parts.append(f"<h4>{html.escape(name)} ({len(frame)})</h4>")
            parts.append(frame.tail(MOST_ROWS).to_html(index=False, na_rep="–"))
        return "\n".join(parts)


def one(catalog: Catalog, customer_id: str, customers: pd.DataFrame, personal: bool) -> Customer:
    """Look a customer up.

    Raises:
        MeasureError: There is no such customer; the nearest ids are named.
    """
    found = customers[customers["customer_id"] == customer_id]
    if not len(found):
        near = nearest(customer_id, customers["customer_id"])
        raise MeasureError(f"there is no customer {customer_id!r}", nearest=near)
    tables = {}
    for name in sorted(catalog.delivered):
        table = catalog.engine.table(name)
        if "customer_id" not in table.columns:
            continue
        plain = [column for column in table.columns if not column.endswith("_utc")]
        frame = catalog.engine.frame(table.filter(table["customer_id"] == customer_id).select(plain))
        for column in () if personal else catalog.personal(name):
            frame[column] = frame[column].where(frame[column].isna(), MASK)
        frame = frame.dropna(axis="columns", how="all")
        times = [column for column in frame.columns if column.endswith("_at")]
        tables[name] = frame.sort_values(times[0], ignore_index=True) if times else frame
    return Customer(customer_id, found.iloc[0], tables)
