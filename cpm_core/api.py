"""The one module that a plugin imports."""

from cpm_core.model.errors import CpmError, DataError, Problem
from cpm_core.model.kpi import Kpi, kpi
from cpm_core.model.markers import hookimpl
from cpm_core.model.measures import (
    Aside,
    Concentration,
    Derived,
    Distinct,
    KpiRef,
    Mean,
    Quantile,
    Ratio,
    Total,
)
from cpm_core.model.names import nearest
from cpm_core.model.rules import TIERS, Check, ProfileColumn, Section, TierRule
from cpm_core.model.run import Run
from cpm_core.model.settings import Settings
from cpm_core.model.tables import (
    Column,
    Delivery,
    DerivedTable,
    Reject,
    RowRule,
    Source,
    TableSpec,
    table,
)
from cpm_core.model.text import Text

API_VERSION = 1

__all__ = [
    "API_VERSION",
    "TIERS",
    "Aside",
    "Check",
    "Column",
    "Concentration",
    "CpmError",
    "DataError",
    "Delivery",
    "Derived",
    "DerivedTable",
    "Distinct",
    "Kpi",
    "KpiRef",
    "Mean",
    "Problem",
    "ProfileColumn",
    "Quantile",
    "Ratio",
    "Reject",
    "RowRule",
    "Run",
    "Section",
    "Settings",
    "Source",
    "TableSpec",
    "Text",
    "TierRule",
    "Total",
    "hookimpl",
    "kpi",
    "nearest",
    "table",
]
