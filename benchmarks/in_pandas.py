"""The eight order KPIs in pandas, as an analyst would write them: values and intervals by month, in total and by slice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import stats

READ = ["customer_id", "ordered_at", "amount", "kind", "cost", "channel", "category", "quantity"]
TOTALS = {
    "revenue": "amount",
    "gross_sales": "gross",
    "orders": "sale",
    "items": "quantity",
    "returned": "returned",
}
RATIOS = {
    "return_rate": ("returned", "gross"),
    "average_order_value": ("gross", "sale"),
    "gross_margin": ("margin", "costed"),
}


def facts(folder: Path, first: date, slices: tuple[str, ...]) -> pd.DataFrame:
    """`kpi`, `slice`, `month`, `member`, `value`, `low` and `high`; amounts as floats, which is pandas at its fastest."""
    rows = _rows(folder, first)
    tables = []
    for slice_ in (None, *slices):
        sums = rows.groupby(["month", *([slice_] if slice_ else [])], sort=False).sum(numeric_only=True)
        tables += [_named(sums, name, sums[column], None, slice_) for name, column in TOTALS.items()]
        for name, (above, below) in RATIOS.items():
            half = _half(sums, name, above, below)
            tables.append(_named(sums, name, sums[above] / sums[below], half, slice_))
    return pd.concat(tables, ignore_index=True)


def _rows(folder: Path, first: date) -> pd.DataFrame:
    """Orders with their customers' region, and what each adds to the sums."""
    table = pq.read_table(folder / "orders.parquet", columns=READ)
    kinds = [pa.field(one.name, pa.float64()) if pa.types.is_decimal(one.type) else one for one in table.schema]
    frame = table.cast(pa.schema(kinds)).to_pandas()
    regions = pd.read_parquet(folder / "customers.parquet", columns=["customer_id", "region"])
    frame = frame[frame["ordered_at"] >= pd.Timestamp(first)].merge(regions, on="customer_id", how="left")
    frame["month"] = frame["ordered_at"].to_numpy().astype("datetime64[M]")
    sale, returned, costed = frame["kind"] == "sale", frame["kind"] == "return", frame["cost"].notna()
    frame["sale"] = sale.astype("int64")
    frame["gross"] = frame["amount"].where(sale, 0)
    frame["returned"] = -frame["amount"].where(returned, 0)
    frame["margin"] = (frame["amount"] - frame["cost"]).fillna(0)
    frame["costed"] = frame["amount"].where(costed, 0)
    for name, (above, below) in RATIOS.items():
        frame[f"{name}_n"] = ((frame[above] != 0) | (frame[below] != 0)).astype("int64")
        frame[f"{name}_nn"], frame[f"{name}_dd"] = frame[above] ** 2, frame[below] ** 2
        frame[f"{name}_nd"] = frame[above] * frame[below]
    return frame


def _half(sums: pd.DataFrame, name: str, above: str, below: str) -> pd.Series:
    """Half of a 95 % interval of a ratio of sums, by the delta method."""
    n, value = sums[f"{name}_n"], sums[above] / sums[below]
    left = sums[f"{name}_nn"] - 2 * value * sums[f"{name}_nd"] + value**2 * sums[f"{name}_dd"]
    error = np.sqrt(n / (n - 1) * left.clip(lower=0) / sums[below] ** 2)
    return error * stats.t.ppf(0.975, n - 1)


def _named(sums: pd.DataFrame, kpi: str, value: pd.Series, half: pd.Series | None, slice_: str | None) -> pd.DataFrame:
    """The figures of one KPI under one slice."""
    months = sums.index.get_level_values("month")
    members = sums.index.get_level_values(slice_) if slice_ else [""] * len(sums)
    bounds = (np.nan, np.nan) if half is None else ((value - half).to_numpy(), (value + half).to_numpy())
    places = {"kpi": kpi, "slice": slice_ or "", "month": months, "member": members}
    return pd.DataFrame({**places, "value": value.to_numpy(dtype="float64"), "low": bounds[0], "high": bounds[1]})
