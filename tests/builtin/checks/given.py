"""What is known of a table, made up for a test."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

from cpm_core.builtin.checks import freshness, rows
from cpm_core.builtin.checks._options import Freshness, Rows

AS_OF = date(2024, 12, 31)


def stats(daily=(), *, loaded_until=None, event=True, **other):
    """Of a table whose source `shop` has these rows a day, the last of them on the as-of day."""
    by_source = daily if isinstance(daily, dict) else {"shop": tuple(daily)}
    given = {"as_of": AS_OF, "loaded_until": loaded_until, "event": event, "daily": by_source, **other}
    return SimpleNamespace(**given)


def false_alarms(prepared, days=730, step=9):
    """What rows and freshness say of a whole delivery as it was on earlier days: nothing should be said."""
    found = []
    for known in prepared.tables.values():
        for back in range(0, days, step):
            day = known.as_of - timedelta(days=back) if known.as_of else None
            cut = {source: rows[: len(rows) - back] for source, rows in known.daily.items()}
            then = replace(known, as_of=day, daily={name: rows for name, rows in cut.items() if sum(rows)})
            for until in (None, day):
                at = replace(then, loaded_until=until)
                found += [rows.judge(at, Rows()), freshness.judge(at, Freshness())]
    return [words.en for words in found if words is not None]
