"""A class where one of it is wanted."""

from cpm_core.api import Source, hookimpl


@hookimpl
def cpm_sources():  # <- here
    return [Source]
