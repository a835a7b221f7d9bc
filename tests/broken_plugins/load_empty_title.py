"""A title that is there, and empty."""

from cpm_core.api import Section, Text, hookimpl


@hookimpl
def cpm_report_sections():
    return [Section(id="blank", title=Text(en="Blank", zh=" "), render=lambda book: "Fine.")]  # <- here
