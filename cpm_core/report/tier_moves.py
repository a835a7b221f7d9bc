"""Who came up and who fell: the matrix of tiers then and now, and the customers who moved, with why."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.tier_moves import NEW, Moves
from cpm_core.model.profile import Told
from cpm_core.model.rules import TIER_TITLES, TIERS
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import LANG, Fragment, triangle
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

MOST = 5
"""Customers of each direction that a table shows; all are in ``customers``."""
SINCE = Text(
    en="Customers who came up a tier since {day}: {up}; who fell: {down}.",
    zh="自{day}以来，{up}位客户升级，{down}位客户降级。",
)
SINCE_NEW = Text(en=" New since then and above the lowest tier: {new}.", zh="另有{new}位新客户高于最低等级。")
NOBODY = Text(en="Since {day} nobody has moved to another tier.", zh="自{day}以来，没有客户变动等级。")
THEN, NOW = Text(en="Then", zh="期初"), Text(en="now {tier}", zh="现为{tier}")
UNKNOWN = Text(en="Not known", zh="尚未出现")
CUSTOMER, MOVE, WHY = Text(en="Customer", zh="客户"), Text(en="Move", zh="变动"), Text(en="Why", zh="原因")
DIRECTIONS = {"up": Text(en="up", zh="升级"), "down": Text(en="down", zh="降级"), NEW: Text(en="new", zh="新客户")}
GROUPS = {
    "up": Text(en="Came up: {count}", zh="升级：{count}位"),
    "down": Text(en="Fell: {count}", zh="降级：{count}位"),
    NEW: Text(en="New, above the lowest tier: {count}", zh="新客户且高于最低等级：{count}位"),
}
SHOWN = Text(en="{words}, the first {shown} of them", zh="{words}，列出前{shown}位")


@dataclass(frozen=True, eq=False, repr=False)
class TierMoves:
    """What became of every customer's tier since the last day of the period before. Shows itself in a notebook.

    Attributes:
        moves: The matrix and the customers.
        told: What the rule sorts by.
        locale: Language of what is shown.
    """

    moves: Moves
    told: Told
    locale: Locale

    @property
    def matrix(self) -> pd.DataFrame:
        """Customers by the tier then (a row each; `new` for who was not known) and now (a column each)."""
        return self.moves.matrix.copy()

    @property
    def customers(self) -> pd.DataFrame:
        """Who moved, and why; columns are `cpm_core.customers.tier_moves.COLUMNS`."""
        return self.moves.customers.copy()

    def sheet(self) -> pd.DataFrame:
        """The same for a sheet: directions in words."""
        words = {direction: text.in_(self.locale) for direction, text in DIRECTIONS.items()}
        return self.moves.customers.assign(direction=self.moves.customers["direction"].map(words))

    @property
    def sentence(self) -> str:
        """How many moved, in the workbook's language."""
        moves, locale = self.moves, self.locale
        day = fmt.day(moves.before, locale)
        up, down, new = (moves.count(direction) for direction in GROUPS)
        if not up + down:
            return NOBODY.format(day=day).in_(locale)
        words = SINCE.format(day=day, up=fmt.count(up), down=fmt.count(down)).in_(locale)
        return words + (SINCE_NEW.format(new=fmt.count(new)).in_(locale) if new else "")

    def __repr__(self) -> str:
        lines = [self.sentence, self.moves.matrix.to_string()]
        for direction in GROUPS:
            mine = self._of(direction)
            lines += [f"{row['customer_id']}  {self._move(row)}  {row['why']}" for row in mine]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from cpm_core.report.report import css

        page = (
            f'<style class="cpm-styles">{css()}</style>'
            f'<div class="cpm cpm-moves" lang="{LANG[self.locale]}">{self.body()}</div>'
        )
        return Fragment(page, repr(self))._repr_mimebundle_(include, exclude)

    def body(self) -> str:
        """Sentence, matrix and customers as HTML without the styles."""
        return f'<p class="moves">{escape(self.sentence)}</p>{self._matrix()}{self._customers()}'

    def _matrix(self) -> str:
        heads = [("then", THEN.in_(self.locale))]
        heads += [(f"now-{tier}", NOW.format(tier=self._title(tier)).in_(self.locale)) for tier in TIERS]
        rows = []
        for then, counts in self.moves.matrix.iterrows():
            if counts.sum():
                cells = [self._count(str(then), tier, int(counts[tier])) for tier in TIERS]
                rows.append([f'<span class="name">{escape(self._title(str(then)))}</span>', *cells])
        return table("moves-matrix", heads, rows)

    def _count(self, then: str, now: str, count: int) -> str:
        if not count:
            return f'<span class="none">{fmt.DASH}</span>'
        if then in (now, NEW):
            return fmt.count(count)
        return f"{triangle(TIERS.index(now) < TIERS.index(then))} <strong>{fmt.count(count)}</strong>"

    def _customers(self) -> str:
        words = {"customer": CUSTOMER, "move": MOVE, "why": WHY}
        heads = [(name, text.in_(self.locale)) for name, text in words.items()]
        rows, groups = [], []
        for direction in GROUPS:
            mine = self._of(direction)
            rows += [self._cells(row) for row in mine]
            groups += [escape(self._group(direction, len(mine)))] * len(mine)
        shown = table("moves", heads, rows, groups) if rows else ""
        return shown.replace('class="gt_table', 'class="gt_table t-card', 1)

    def _of(self, direction: str) -> list[dict[Any, Any]]:
        customers = self.moves.customers
        return customers[customers["direction"] == direction].head(MOST).to_dict("records")

    def _group(self, direction: str, shown: int) -> str:
        count = self.moves.count(direction)
        words = GROUPS[direction].format(count=fmt.count(count)).in_(self.locale)
        return words if shown == count else SHOWN.format(words=words, shown=shown).in_(self.locale)

    def _cells(self, row: dict[Any, Any]) -> list[str]:
        name = f'<span class="name">{escape(str(row["customer_id"]))}</span>'
        return [name, escape(self._move(row)), escape(row["why"])]

    def _move(self, row: dict[Any, Any]) -> str:
        then = row["tier_before"] if row["direction"] != NEW else NEW
        return f"{self._title(then)} → {self._title(row['tier'])}"

    def _title(self, tier: str) -> str:
        return (UNKNOWN if tier == NEW else TIER_TITLES[tier]).in_(self.locale)
