"""A change and the parts that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from cpm_core.model.kpi import Kpi
from cpm_core.model.text import Text
from cpm_core.scorecard.compared import Compared

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["sum", "ratio", "factors"]
COLUMNS = (
    *("member", "before", "after", "weight_before", "weight_after", "mix", "rate", "part", "share"),
    *("p", "significant"),
)
"""Of `Explained.frame`. ``share`` is the part over the whole change; ``p`` how likely chance alone brings a
part so far from the member's share of the change, ``significant`` whether that survives Benjamini-Hochberg."""
TRIED_COLUMNS = ("slice", "members", "explained", "by_chance", "beyond", "significant", "mix_significant")
"""Of `Explained.tried`: how much of the change the slice explains, in the figure's unit, how much of that chance
would bring, the difference, how many members stand out, and whether their mix does; see `chance`."""


@dataclass(frozen=True, eq=False)
class Explained:
    """A change and its parts.

    Attributes:
        kpi: Whose change.
        compared: The two periods.
        kind: `sum` (contributions), `ratio` (mix and rate) or `factors` (of a product).
        slice: What it is split by; empty for factors.
        before, after: The figure; the parts add up to their difference.
        frame: One row a member, or a factor, the largest part first; columns are `COLUMNS`.
        tried: One row a slice that was tried, the best first; columns are `TRIED_COLUMNS`.
        searched: Whether the slice was looked for, and not asked for.
        left_out: Slices at hand that were not tried.
        events: What happened from the first day of the one period to the last of the other.
    """

    kpi: Kpi
    compared: Compared
    kind: Kind
    slice: str
    before: float
    after: float
    frame: pd.DataFrame
    tried: pd.DataFrame
    searched: bool
    left_out: int
    events: tuple[tuple[date, Text], ...]

    @property
    def change(self) -> float:
        """The whole change."""
        return self.after - self.before

    @property
    def stands_out(self) -> bool:
        """Whether a member, or the mix of all, brought more than chance would."""
        best = self.tried.head(1)
        return bool((best["significant"] > 0).any() or best["mix_significant"].any())


def ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """The largest part first, in the order of COLUMNS; what is not there is NaN."""
    order = frame.assign(_size=-frame["part"].abs()).sort_values(["_size", "member"], kind="stable").index
    return frame.loc[order].reindex(columns=list(COLUMNS)).reset_index(drop=True)
