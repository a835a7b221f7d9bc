"""What is told beside a KPI wherever it is shown, such as the response rate of a survey score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cpm_core.hooks.isolation import in_words
from cpm_core.model.kpi import Kpi
from cpm_core.model.settings import Settings
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.measure.compile import Compiled

PAIR = Text(en="{title} {value}", zh="{title} {value}")
_SPEECHLESS = Text(en="(what it rests on cannot be told: {why})", zh="（无法说明其口径依据：{why}）")
BETWEEN = Text(en=" · ", zh=" · ")


def besides(kpis: Iterable[Kpi], compiled: Mapping[str, Compiled]) -> tuple[Kpi, ...]:
    """The KPIs that are told beside some others, each once, in their order; those that have figures."""
    names = dict.fromkeys(name for kpi in kpis for name in kpi.beside)
    return tuple(compiled[name].kpi for name in names if compiled[name].missing is None)


def conventions(kpi: Kpi, settings: Settings, locale: Locale) -> str:
    """The conventions that a KPI's figures rest on, in words; empty if it tells none."""
    try:
        words = kpi.says(settings) if kpi.says else None
    except Exception as error:  # noqa: BLE001  # words of a plugin must not take the figure with them
        words = _SPEECHLESS.format(why=in_words(error))
    return words.in_(locale) if words else ""


class Beside:
    """Figures of the KPIs told beside others, in words.

    Args:
        kpis: They.
        facts: The facts of the workbook.
        locale: Language.
        currency: ISO 4217 code of money; empty: none is shown.
    """

    def __init__(self, kpis: Iterable[Kpi], facts: pd.DataFrame, locale: Locale, currency: str) -> None:
        self._kpis = {kpi.id: kpi for kpi in kpis}
        self._locale = locale
        mine = facts[facts["kpi"].isin(list(self._kpis))]
        keys = zip(mine["kpi"], mine["period"], mine["slice"], mine["member"], strict=True)
        words = [
            fmt.value(value, self._kpis[str(kpi)].unit, locale, currency)
            for kpi, value in zip(mine["kpi"], mine["value"], strict=True)
        ]
        self._words = dict(zip(keys, words, strict=True))

    def value(self, kpi: str, period: str, slice: str = "", member: str = "") -> str:  # noqa: A002  # the facts' word
        """One figure; an en dash if there is none."""
        return self._words.get((kpi, period, slice, member), fmt.DASH)

    def of(self, kpi: Kpi) -> tuple[Kpi, ...]:
        """The KPIs that are told beside one."""
        return tuple(self._kpis[name] for name in kpi.beside if name in self._kpis)

    def sentence(self, kpi: Kpi, period: str) -> str:
        """All that is told beside a KPI's total in a period: `CSAT response rate 32.6%`; empty if there is nothing."""
        pairs = [
            PAIR.in_(self._locale).format(title=one.title.in_(self._locale), value=self.value(one.id, period))
            for one in self.of(kpi)
        ]
        return BETWEEN.in_(self._locale).join(pairs)
