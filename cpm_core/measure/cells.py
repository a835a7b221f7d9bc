"""What a query gave, column by column: where its rows stand, and their sums.

There are dozens of KPIs, each of a few hundred figures. In frames of their own, most of the time would
go into making frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

WHERE = ["period_start", "slice", "member"]
Column: TypeAlias = NDArray[Any]
Codes: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """A period and a member of a slice a row; `slice` and `member` empty for the total.

    Attributes:
        starts: First day of the period, datetime64[s].
        slices: Names of slices, as objects.
        members: Their members, as objects.
    """

    starts: Column
    slices: Column
    members: Column

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: Column) -> Places:
        """Some rows, by number or by a mask."""
        return Places(self.starts[rows], self.slices[rows], self.members[rows])

    def over(self, other: Places) -> Places:
        """These, and others below."""
        return Places(
            np.concatenate((self.starts, other.starts)),
            np.concatenate((self.slices, other.slices)),
            np.concatenate((self.members, other.members)),
        )


@dataclass(frozen=True, eq=False)
class Parts:
    """The sums of a KPI at each place, or whatever else was asked of it there.

    Attributes:
        places: Where; those of several KPIs of one query are the same object.
        sums: By name, a column as long as the places.
    """

    places: Places
    sums: Mapping[str, Column]

    def __contains__(self, name: str) -> bool:
        return name in self.sums

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.sums[name], dtype="float64")

    def frame(self) -> pd.DataFrame:
        """The same as a frame, with WHERE among its columns."""
        places = self.places
        where = {"period_start": places.starts, "slice": places.slices, "member": places.members}
        return pd.DataFrame(where | dict(self.sums))

    def of(self, prefix: str) -> Parts:
        """The columns of one KPI, without its prefix and the line behind it."""
        start = f"{prefix}_"
        mine = {name.removeprefix(start): one for name, one in self.sums.items() if name.startswith(start)}
        return Parts(self.places, mine)

    def beside(self, other: Parts) -> Parts:
        """With the columns of another query, which are NaN at the places that it does not have."""
        mine, theirs = codes(self.places, other.places)
        order = np.argsort(theirs)
        at, found = located(mine, theirs[order])
        filled = {name: np.where(found, other[name][order][at], np.nan) for name in other.sums} if len(order) else {}
        return Parts(self.places, {**self.sums, **(filled or dict.fromkeys(other.sums, np.full(len(mine), np.nan)))})


def of_arrow(table: pa.Table) -> Parts:
    """The rows of a query, with WHERE among their columns."""
    return _parts({name: table[name].to_numpy() for name in table.column_names})


def of_frame(frame: pd.DataFrame) -> Parts:
    """The same of a frame."""
    columns = {str(name): frame[name].to_numpy() for name in frame.columns}
    return _parts(columns | {"period_start": pd.to_datetime(frame["period_start"]).to_numpy()})


def _parts(columns: Mapping[str, Column]) -> Parts:
    starts, slices, members = (columns[name] for name in WHERE)
    places = Places(starts.astype("datetime64[s]"), slices.astype(object), members.astype(object))
    return Parts(places, {name: one for name, one in columns.items() if name not in WHERE})


def codes(*places: Places) -> tuple[Codes, ...]:
    """A number a row, equal for equal places, in the order of period, slice and member."""
    found = np.zeros(sum(map(len, places)), np.int64)
    for columns in zip(*((one.starts, one.slices, one.members) for one in places), strict=True):
        numbers, values = pd.factorize(np.concatenate(columns), sort=True)
        found = found * len(values) + numbers
    return tuple(np.split(found, np.cumsum([len(one) for one in places])[:-1]))


def located(wanted: Codes, among: Codes) -> tuple[Codes, NDArray[np.bool_]]:
    """At which row of ``among``, which is in order, each stands, and whether it is there at all."""
    at = np.minimum(np.searchsorted(among, wanted), max(len(among) - 1, 0))
    return at, (among[at] == wanted if len(among) else np.zeros(len(wanted), bool))
