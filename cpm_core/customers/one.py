"""Everything known of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cpm_core.measure.rows import MASK
from cpm_core.model.errors import MeasureError
from cpm_core.model.names import nearest
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

PEER_COLUMNS = ("figure", "own", "median", "peers")
"""Of `Known.standing`: a profile column, the customer's figure, and the median of so many peers who have one."""


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of one customer.

    Attributes:
        customer_id: Who it is.
        profile: The row of ``book.customers()``: profile, tier, stage and the reasons for them.
        tables: The customer's rows of each base table that is there, oldest first; personal columns masked unless
            the params show them.
        standing: One row a key figure; columns are `PEER_COLUMNS`. Peers are all customers of the same tier, or
            all customers where there are no tiers.
    """

    customer_id: str
    profile: pd.Series
    tables: Mapping[str, pd.DataFrame]
    standing: pd.DataFrame


def one(catalog: Catalog, customer_id: str, customers: pd.DataFrame, personal: bool) -> Known:
    """Look a customer up.

    Args:
        catalog: The workbook's tables.
        customer_id: Whom.
        customers: Everybody, as ``book.customers()`` gives them.
        personal: Whether names, addresses and comments are shown.

    Raises:
        MeasureError: There is no such customer; the nearest ids are named.
    """
    found = customers[customers["customer_id"] == customer_id]
    if not len(found):
        near = nearest(customer_id, customers["customer_id"])
        fix = "" if near else "`book.customers()` lists all."
        raise MeasureError(f"there is no customer {customer_id!r}", nearest=near, fix=fix)
    row = found.iloc[0]
    names = [name for name in sorted(catalog.delivered) if "customer_id" in catalog.unbound(name).columns]
    tables = {name: _rows(catalog, name, customer_id, personal) for name in names}
    return Known(customer_id, row, tables, _standing(customers, row))


def _rows(catalog: Catalog, name: str, customer_id: str, personal: bool) -> pd.DataFrame:
    """The customer's rows of one table, by its time, then by its key."""
    table = catalog.unbound(name)
    plain = [column for column in table.columns if not column.endswith("_utc")]
    times = [column for column in plain if column.endswith("_at") and column != "updated_at"]
    rows = (
        table.filter(table["customer_id"] == customer_id)
        .select(plain)
        .order_by([*dict.fromkeys([*times, *catalog.key(name)])])
    )
    frame = catalog.engine.frame(rows)
    for column in () if personal else catalog.personal(name) & {*plain}:
        frame[column] = frame[column].where(frame[column].isna(), MASK)
    return frame.dropna(axis="columns", how="all") if len(frame) else frame


def _standing(customers: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """The key figures beside the median of who is in the same tier."""
    import pandas as pd

    peers = customers[customers["tier"] == row["tier"]] if "tier" in customers else customers
    rows = []
    for name in PROFILE_COLUMNS:
        if name in customers:
            known = pd.to_numeric(peers[name]).astype("float64").dropna()
            own = pd.to_numeric(pd.Series([row[name]])).astype("float64").iloc[0]
            rows.append((name, own, known.median() if len(known) else float("nan"), len(known)))
    return pd.DataFrame(rows, columns=list(PEER_COLUMNS))
