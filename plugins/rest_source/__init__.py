"""A source that reads tables from a REST API, page by page."""

from cpm_core.api import Delivery, Source, Text, hookimpl

CPM_API = 1
__version__ = "1.0"


def _options():
    from .options import RestOptions

    return RestOptions


def _fetch(context):
    """Each table of the options, by way of a file: only one page is ever held in memory."""
    from .pages import Api
    from .store import store

    days = {"as_of": str(context.as_of), "since": str(context.since or "")}
    deliveries = {}
    for name, table in context.options.tables.items():
        query = {key: value.format(**days) for key, value in table.query.items()}
        path = store(
            Api(table.url, context.options.token, context.options), table, query, context.work / f"rest-{name}.parquet"
        )
        deliveries[name] = Delivery(context.read_parquet(path))
    return deliveries


@hookimpl
def cpm_sources():
    """The source that params call `rest`."""
    return [Source(id="rest", title=Text(en="REST API", zh="REST 接口"), fetch=_fetch, options=_options)]
