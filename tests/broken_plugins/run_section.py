"""A section that raises."""

from cpm_core.api import Section, Text, hookimpl


def weather(book):
    raise OSError("no forecast")  # <- here


@hookimpl
def cpm_report_sections():
    return [Section(id="weather", title=Text(en="Weather", zh="天气"), render=weather)]
