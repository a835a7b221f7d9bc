"""Why each customer is in a tier, and what would lift them to the next, in words: millions at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cpm_core.customers.cuts import LOWEST
from cpm_core.customers.hysteresis import BY_CUT, FULL, KEPT, NOTHING, Standing
from cpm_core.customers.written import NOTHING as NOTHING_WRITTEN
from cpm_core.customers.written import asked, quoted, sentence_sql, written, written_sql
from cpm_core.model.profile import Told
from cpm_core.model.rules import TIER_TITLES, TIERS, AtLeast, Cut
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import pyarrow as pa

RANKED = Text(
    en="rank {rank} of {of} by {title} ({value}); {tier} starts at {start}",
    zh="按{title}（{value}）在{of}位客户中排名第{rank}；{tier}的门槛为{start}",
)
LIMITED = Text(en="{title} {value}; {tier} starts at {start}", zh="{title}为{value}；{tier}的门槛为{start}")
HELD = Text(
    en="kept: {title} {value} is below {tier}'s {start}, but within the margin of {margin}",
    zh="保留：{title}为{value}，低于{tier}的门槛{start}，但仍在{margin}的容差以内",
)
OVER = Text(
    en="over the capacity of {capacity}: {title} {value}, and {tier} takes no more",
    zh="{tier}的名额为{capacity}，已满：{title}为{value}",
)
NOT_POSITIVE = Text(en="no positive {title} ({value})", zh="{title}不为正（{value}）")
NO_VALUE = Text(en="no {title}", zh="无{title}")
LIFT = Text(en="to {tier}: {gap} more {title}", zh="升至{tier}：{title}还差{gap}")
LEVEL = Text(
    en="to {tier}: level with its limit, where the smaller customer id goes first",
    zh="升至{tier}：与门槛持平，同值时客户编号较小者优先",
)


def tier_name(tier: str, locale: Locale) -> str:
    """A tier within a sentence."""
    return tier if locale == "en" else TIER_TITLES[tier].zh


def start_of(standing: Standing, tier: int, told: Told, currency: str, locale: Locale) -> str:
    """Where a tier starts by the cut alone; a dash where nobody is in it."""
    start = standing.starts[tier]
    return NOTHING_WRITTEN if start is None else written(start / 10**standing.worth.scale, told.unit, currency, locale)


class Words:
    """The sentences of one standing.

    Args:
        standing: The customers.
        cut: Where the rule cuts.
        told: The rule's value in words, and its unit.
        settings: For margin, capacity and currency.
        locale: The language.
    """

    def __init__(self, standing: Standing, cut: Cut, told: Told, settings: Settings, locale: Locale) -> None:
        self._standing, self._cut, self._told = standing, cut, told
        self._settings, self._locale = settings, locale

    def of_all(self, ranks: Any, gaps: Any) -> pa.Table:
        """`reason` and `next_step` of every customer; the latter is empty where there is no tier above.

        Args:
            ranks: By value, 1 for the greatest; 0 for none.
            gaps: To the tier above, NaN where there is none.
        """
        import pyarrow as pa

        standing = self._standing
        rows = pa.table(
            {
                "tier": standing.tier,
                "why": standing.why,
                "known": standing.worth.known,
                "value": standing.worth.plain(),
                "rank": ranks,
                "gap": gaps,
            }
        )
        return asked(rows, f"{self._reason()} AS reason, {self._step()} AS next_step")

    def _reason(self) -> str:
        branches = [f"WHEN why = {NOTHING} AND known THEN {self._sql(NOT_POSITIVE)}"]
        branches += [f"WHEN why = {NOTHING} THEN {self._sql(NO_VALUE)}"]
        sentence = LIMITED if isinstance(self._cut, AtLeast) else RANKED
        for why, text in ((BY_CUT, sentence), (KEPT, HELD), (FULL, OVER)):
            for index in range(LOWEST + 1):
                # Of the lowest tier the limit of the one above is told; of who has no seat, the tier that is full.
                told = max(index - 1, 0) if why == FULL else min(index, LOWEST - 1)
                branches.append(f"WHEN why = {why} AND tier = {index} THEN {self._sql(text, told)}")
        return f"CASE {' '.join(branches)} END"

    def _step(self) -> str:
        branches = ["WHEN isnan(gap) THEN ''"]
        for index in range(1, LOWEST + 1):
            branches.append(f"WHEN tier = {index} AND gap = 0 THEN {self._sql(LEVEL, index - 1)}")
            branches.append(f"WHEN tier = {index} THEN {self._sql(LIFT, index - 1)}")
        return f"CASE {' '.join(branches)} ELSE '' END"

    def _sql(self, text: Text, tier: int = 0) -> str:
        """A sentence as an SQL expression: what differs by customer is filled in by row."""
        settings, locale = self._settings, self._locale
        unit, currency = self._told.unit, settings.currency
        parts = {
            "rank": "format('{:,}', rank)",
            "value": written_sql("value", unit, currency, locale),
            "gap": written_sql("gap", unit, currency, locale),
        }
        fixed = {
            "of": f"{self._standing.of:,}",
            "title": self._told.title.in_(locale),
            "tier": tier_name(TIERS[tier], locale),
            "start": start_of(self._standing, tier, self._told, currency, locale),
            "margin": written(settings.tier_margin, "percent", "", locale),
            "capacity": f"{settings.tier_capacity.get(TIERS[tier], 0):,}",
        }
        return sentence_sql(text.in_(locale), parts | {name: quoted(words) for name, words in fixed.items()})
