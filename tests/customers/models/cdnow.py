"""The CDNOW sample as the models take it, from the summary by week and from the event log by day."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from cpm_core.customers.models import History

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
END = pd.Timestamp(1997, 9, 30)
"""The last day of the 39 weeks of calibration."""


@cache
def summary() -> pd.DataFrame:
    """x, t_x and T in weeks, a row a customer."""
    frame = pd.read_csv(GOLDEN / "cdnow_summary.csv", comment="#")
    return frame.rename(columns={"frequency": "x", "recency": "t_x"})


@cache
def events() -> pd.DataFrame:
    """A row an order."""
    return pd.read_csv(GOLDEN / "cdnow_events.csv", comment="#", parse_dates=["date"], date_format="%Y%m%d")


def sample_ids() -> pd.Series:
    """A customer's number in the summary, by that in the event log."""
    return events().groupby("masterid")["sampleid"].first()


@cache
def days() -> pd.DataFrame:
    """Customer, day and sales: the orders of a customer on one day are one."""
    return events().groupby(["masterid", "date"], as_index=False)["sales"].sum()


@cache
def from_events() -> pd.DataFrame:
    """x, t_x and T in days and the mean of repeat orders (none: nan), a row a customer."""
    orders = days()[days()["date"] <= END]
    by = orders.groupby("masterid")["date"]
    again = orders[orders.duplicated("masterid")]
    frame = pd.DataFrame({"x": by.size() - 1, "t_x": (by.max() - by.min()).dt.days, "T": (END - by.min()).dt.days})
    return frame.assign(mean=again.groupby("masterid")["sales"].mean())


def history(frame: pd.DataFrame) -> History:
    return History.of(frame["x"], frame["t_x"], frame["T"])


def repeat_means() -> tuple[np.ndarray, np.ndarray]:
    """Repeat orders and their mean of those customers who have any."""
    some = from_events().dropna()
    return some["x"].to_numpy(), some["mean"].to_numpy()
