"""What is known of a table, made up for a test."""

from datetime import date
from types import SimpleNamespace

AS_OF = date(2024, 12, 31)


def stats(daily=(), *, loaded_until=None, event=True, **other):
    """Of a table whose source `shop` has these rows a day, the last of them on the as-of day."""
    by_source = daily if isinstance(daily, dict) else {"shop": tuple(daily)}
    given = {"as_of": AS_OF, "loaded_until": loaded_until, "event": event, "daily": by_source, **other}
    return SimpleNamespace(**given)
