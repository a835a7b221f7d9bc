"""The class of the options itself, not a function that returns it."""

from pydantic import BaseModel

from cpm_core.api import Source, Text, hookimpl


class Options(BaseModel):
    """What the source is told."""

    url: str


@hookimpl
def cpm_sources():
    return [Source(id="shop", title=Text(en="Shop", zh="商店"), fetch=lambda context: {}, options=Options)]  # <- here
