"""The KPIs of a workbook, and which of them its tables allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cpm_core.measure.compile import Compiled
from cpm_core.model.text import Locale
from cpm_core.report import format as fmt

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "title", "unit", "better", "measurable", "why_not")


def kpi_list(compiled: Iterable[Compiled], locale: Locale, currency: str) -> pd.DataFrame:
    """One row a KPI that is not hidden, in the order of the KPI book; columns are `COLUMNS`.

    `measurable` is whether the tables allow it; if not, `why_not` says which table or column is missing, or
    what its definition raised.
    """
    import pandas as pd

    shown = sorted((one for one in compiled if not one.kpi.hidden), key=lambda one: one.kpi.place)
    rows = []
    for one in shown:
        kpi, why_not = one.kpi, one.missing.in_(locale) if one.missing else one.failure
        unit = fmt.unit_title(kpi.unit, locale, currency)
        rows.append((kpi.id, kpi.title.in_(locale), unit, kpi.better, not why_not, why_not))
    return pd.DataFrame(rows, columns=list(COLUMNS))
