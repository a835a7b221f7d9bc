"""Moves between stages to look at: from which stage to which, and the largest customers who moved."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.customers.stage_moves import NOT_KNOWN, StageMoves
from cpm_core.model.rules import STAGES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.stages import stage_title
from cpm_core.report.table import table

if TYPE_CHECKING:
    import pandas as pd

MOST = 10
"""Customers that the page names; all are in the frame."""
TITLE = Text(en="Moves between stages", zh="生命周期阶段变动")
LEAD = Text(
    en="Between {before} and {day}, {moved} of {known} customers moved to another stage; {risk} of them are now at risk.",
    zh="{before}至{day}，{known}位客户中有{moved}位的阶段发生变动，其中{risk}位目前处于流失风险。",
)
FROM_TO = Text(en="From (rows) to (columns)", zh="由（行）到（列）")
UNKNOWN = Text(en="Not known yet", zh="此前未知")
LARGEST = Text(en="The largest who moved", zh="变动客户中金额最大者")
CUSTOMER, FROM, TO = Text(en="Customer", zh="客户"), Text(en="From", zh="原阶段"), Text(en="To", zh="现阶段")
VALUE, WHY = Text(en="Revenue, trailing year", zh="近一年净销售额"), Text(en="Why", zh="原因")
NOBODY = Text(en="Nobody was known on {before}.", zh="{before}时尚无已知客户。")


@dataclass(frozen=True, eq=False, repr=False)
class StageMovesView:
    """Moves between stages; shows itself as a section."""

    moves: StageMoves
    locale: Locale
    currency: str = ""

    @property
    def matrix(self) -> pd.DataFrame:
        """Customers by the stage then (rows, `not known` last) and now (columns)."""
        return self.moves.matrix.copy()

    @property
    def frame(self) -> pd.DataFrame:
        """Who moved: `customer_id`, `stage_before`, `stage`, `value` (revenue of the trailing year), `why`."""
        return self.moves.customers.copy()

    def fragment(self) -> Fragment:
        """The section."""
        locale, title = self.locale, TITLE.in_(self.locale)
        lead = self._lead()
        if not self._known():
            return section("stage-moves", title, f"<p>{escape(lead)}</p>", locale, lead)
        body = f'<p class="intro">{escape(lead)}</p>{self._matrix()}'
        if len(self.moves.customers):
            body += f"<h3>{escape(LARGEST.in_(locale))}</h3>{self._largest()}"
        return section("stage-moves", title, body, locale, f"{lead}\n{self.moves.matrix.to_string()}")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.fragment()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return self.fragment().text

    def _known(self) -> int:
        return int(self.moves.matrix.drop(index=NOT_KNOWN).to_numpy().sum())

    def _lead(self) -> str:
        before, day = (fmt.day(one, self.locale) for one in (self.moves.before, self.moves.day))
        if not self._known():
            return NOBODY.in_(self.locale).format(before=before)
        moved = self.moves.customers
        risk = int((moved["stage"] == "at_risk").sum())
        counts = {"moved": len(moved), "known": self._known(), "risk": risk}
        told = {name: fmt.count(number) for name, number in counts.items()}
        return LEAD.in_(self.locale).format(before=before, day=day, **told)

    def _matrix(self) -> str:
        heads = [("from", FROM_TO.in_(self.locale)), *((stage, stage_title(stage, self.locale)) for stage in STAGES)]
        rows = []
        for name, counts in self.moves.matrix.to_dict("index").items():
            title = UNKNOWN.in_(self.locale) if name == NOT_KNOWN else stage_title(name, self.locale)
            cells = [_count(counts[stage], stayed=stage == name) for stage in STAGES]
            rows.append([f'<span class="name">{escape(title)}</span>', *cells])
        return table("stage-matrix", heads, rows).replace("gt_table", "gt_table t-slice t-matrix", 1)

    def _largest(self) -> str:
        heads = [("customer", CUSTOMER), ("from", FROM), ("to", TO), ("value", VALUE), ("why", WHY)]
        rows = [
            [
                f'<span class="name">{escape(str(one["customer_id"]))}</span>',
                escape(stage_title(one["stage_before"], self.locale)),
                escape(stage_title(one["stage"], self.locale)),
                escape(fmt.value(one["value"], "money", self.locale, self.currency)),
                escape(str(one["why"])),
            ]
            for one in self.moves.customers.head(MOST).to_dict("records")
        ]
        grid = table("stage-moved", [(name, words.in_(self.locale)) for name, words in heads], rows)
        return grid.replace("gt_table", "gt_table t-tiers", 1)


def _count(number: int, *, stayed: bool) -> str:
    """Those who stayed are muted, and nothing is a dash."""
    if not number:
        return f'<span class="none">{fmt.DASH}</span>'
    return f'<span class="none">{fmt.count(number)}</span>' if stayed else f"<strong>{fmt.count(number)}</strong>"
