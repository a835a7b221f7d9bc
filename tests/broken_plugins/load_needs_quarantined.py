"""It derives from a KPI of a plugin that is quarantined."""

from cpm_core.api import Derived, hookimpl, kpi


@kpi(unit="number", better="higher", title={"en": "Doubled", "zh": "翻倍"})
def doubled(of_unknown_unit, orders):  # <- here
    """It by order."""
    return Derived(of_unknown_unit, orders)


@hookimpl
def cpm_kpis():
    return [doubled]
