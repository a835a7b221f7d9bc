"""The one module that a plugin imports."""

from cpm_core.model.actions import Action
from cpm_core.model.business import business_due, business_seconds
from cpm_core.model.calendar import DEFAULT_PRIORITY, Calendar, Sla
from cpm_core.model.errors import CpmError, DataError, NotSentError, PerhapsSentError, Problem
from cpm_core.model.kpi import Kpi, kpi
from cpm_core.model.markers import hookimpl
from cpm_core.model.measures import (
    Aside,
    Concentration,
    Derived,
    Distinct,
    Frame,
    KpiRef,
    Mean,
    Quantile,
    Ratio,
    Total,
)
from cpm_core.model.names import nearest
from cpm_core.model.periods import start_of
from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.publishers import Publisher
from cpm_core.model.rules import (
    STAGES,
    TIERS,
    AtLeast,
    Check,
    LifecycleRule,
    ProfileColumn,
    Section,
    ShareOfValue,
    TierRule,
    TopShare,
)
from cpm_core.model.run import Figure, Run
from cpm_core.model.secrets.references import secret
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
    "DEFAULT_PRIORITY",
    "PROFILE_COLUMNS",
    "STAGES",
    "TIERS",
    "Action",
    "Aside",
    "AtLeast",
    "Calendar",
    "Check",
    "Column",
    "Concentration",
    "CpmError",
    "DataError",
    "Delivery",
    "Derived",
    "DerivedTable",
    "Distinct",
    "Figure",
    "Frame",
    "Kpi",
    "KpiRef",
    "LifecycleRule",
    "Mean",
    "NotSentError",
    "PerhapsSentError",
    "Problem",
    "ProfileColumn",
    "Publisher",
    "Quantile",
    "Ratio",
    "Reject",
    "RowRule",
    "Run",
    "Section",
    "Settings",
    "ShareOfValue",
    "Sla",
    "Source",
    "TableSpec",
    "Text",
    "TierRule",
    "TopShare",
    "Total",
    "business_due",
    "business_seconds",
    "hookimpl",
    "kpi",
    "nearest",
    "secret",
    "start_of",
    "table",
]
