"""It derives from a KPI of a plugin that is quarantined."""

from cpm_core.api import Derived, hookimpl, kpi


@kpi(unit="number", better="higher", title={"en": "Doubled", "zh": "翻倍"})
def doubled(in_pounds, orders):  # <- here
    """Pounds by order."""
    return Derived(in_pounds, orders)


@hookimpl
def cpm_kpis():
    return [doubled]
