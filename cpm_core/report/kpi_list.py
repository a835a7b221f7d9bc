"""The KPIs of a workbook, and which of them its tables allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cpm_core.measure.compile import Compiled
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "title", "unit", "better", "measurable", "why_not", "computed", "description")

ENGINE = Text(en="in the engine", zh="由引擎计算")
PANDAS = Text(en="in pandas", zh="由 pandas 计算")


def kpi_list(compiled: Iterable[Compiled], locale: Locale, currency: str) -> pd.DataFrame:
    """One row a KPI that is not hidden, in the order of the KPI book; columns are `COLUMNS`.

    `measurable` is whether the tables allow it; if not, `why_not` says which table or column is missing, or
    what its definition raised. `computed` tells the slower ones, which are pandas functions; `description` is the
    definition in words.
    """
    import pandas as pd

    shown = sorted((one for one in compiled if not one.kpi.hidden), key=lambda one: one.kpi.place)
    rows = []
    for one in shown:
        kpi, why_not = one.kpi, one.missing.in_(locale) if one.missing else one.failure
        unit = fmt.unit_title(kpi.unit, locale, currency)
        computed = (PANDAS if one.in_pandas else ENGINE).in_(locale)
        told = (not why_not, why_not, computed, kpi.described(locale))
        rows.append((kpi.id, kpi.title.in_(locale), unit, kpi.better, *told))
    return pd.DataFrame(rows, columns=list(COLUMNS))
