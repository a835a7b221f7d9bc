"""A section among the KPIs."""

from cpm_core.api import Section, Text, hookimpl


@hookimpl
def cpm_kpis():  # <- here
    return [Section(id="weather", title=Text(en="Weather", zh="天气"), render=lambda book: "Fine.")]
