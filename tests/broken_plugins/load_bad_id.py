"""An id that names no column on an engine."""

from cpm_core.api import Section, Text, hookimpl


@hookimpl
def cpm_report_sections():
    return [Section(id="Our Weather", title=Text(en="Weather", zh="天气"), render=lambda book: "Fine.")]  # <- here
