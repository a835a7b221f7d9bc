"""Casts by pattern read the same texts as DuckDB's TRY_CAST."""

from __future__ import annotations

import ibis.expr.datatypes as dt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.postgres_session import open_postgres
from cpm_core.tables import times

NUMBERS = """
    1 -1 +1 01 1.5 2.5 3.7 .5 5. -.5 1e3 1E-2 1e e5 1.e3 0.1e1 1e+2 1e+02 12e0004 12e-0004 1,000 1_000 1_ abc 1.2.3
    --1 1-1 9223372036854775807 9223372036854775808 99999999999999.9999 99999999999999.99996 100000000000000 1e14
    1e307 0.00005 0.00015 -0.00005 1.00005 12345678901234567890123 true TRUE t f yes no on off Y N 0 2 １ ½ $5 5% -0 1d
    1e-400
""".split()
TIMES = [
    *"""
    2024-01-02 2024-1-2 2024/01/02 2024/1/2 2024-02-29 2023-02-29 1900-02-29 2000-02-29 2024-02-30 2024-13-01
    2024-00-01 2024-01-00 2024-04-31 20240102 01/02/2024 02.01.2024 2024-01 2024 2024-W01 1700000000 2024-001-02
    2024-01/02 2024/01-02 today now 0001-01-01 9999-12-31 2024-01-02T 2024-01-02T03:04:05 2024-01-02t03:04:05
    2024-01-02T03:04:05Z 2024-01-02T03:04:05.5+08:00 2024-01-02Z 2024-1-2T3:04:05
    """.split(),
    *(
        f"2024-01-02 {clock}"
        for clock in """
        03:04|3:4|03:04:05|03:04:5|03:04:05.123456|03:04:05.1234569|03:04:05.|03:04:05,5|24:00:00|24:00|23:59:60|25:00|
        03:60:00|03|BC|03:04:05Z|03:04Z|03:04:05+08|03:04:05+0800|03:04:05+08:00|03:04:05-05:30|03:04:05+14:00|
        03:04:05+15:59|03:04:05 UTC|03:04:05 AM|03:04+08
        """.replace("\n", "")
        .replace("  ", "")
        .split("|")
    ),
    # The gap and the fold of London, and a day before it had time zones as we know them.
    "2024-03-31 01:30",
    "2024-10-27 01:30",
    "2024-10-27 00:30:00Z",
    "1970-01-01",
]


@pytest.fixture(scope="module")
def both(postgres_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("casts")
    duck = DuckEngine(folder / "duck")
    server = open_postgres(postgres_url, None, folder / "server", duck)
    server.own(folder / "server")
    yield duck, server, folder
    server.close()


def on_both(both, texts, name, ask):
    """What a question about a column of texts gets for an answer, on each engine."""
    duck, server, folder = both
    rows = pa.table({"place": range(len(texts)), "text": texts})
    pq.write_table(rows, folder / f"{name}.parquet")
    here = duck.connection.read_parquet(str(folder / f"{name}.parquet"))
    there = server.move(folder / "server", name, folder / f"{name}.parquet")
    found = [engine.frame(ask(table, engine).order_by("place")) for engine, table in ((duck, here), (server, there))]
    assert found[0]["place"].tolist() == list(range(len(texts)))
    return found


@pytest.mark.parametrize("kind", [dt.float64, dt.int64, dt.Decimal(18, 4), dt.boolean], ids=str)
def test_numbers(both, kind):
    def ask(table, engine):
        cast = engine.dialect.try_cast(table.text, kind)
        return table.select("place", cast=cast if kind.is_floating() else cast.cast("string"))

    ours, theirs = on_both(both, NUMBERS, f"numbers_{type(kind).__name__}", ask)
    pairs = zip(NUMBERS, ours["cast"], theirs["cast"], strict=True)
    assert {text: (a, b) for text, a, b in pairs if a != b and not (pd.isna(a) and pd.isna(b))} == {}
    assert ours["cast"].notna().sum() > 5


def test_times(both):
    def ask(table, engine):
        read = times.read(table, ["text"], "Europe/London", engine.dialect)
        local = read.mutate(text=times.local(read, "text", "Europe/London", engine.dialect))
        utc = times.utc(local, "text", "Europe/London", engine.dialect)
        return local.select("place", local=local.text.cast("string"), utc=utc.cast("string"))

    ours, theirs = on_both(both, TIMES, "times", ask)
    for column in ("local", "utc"):
        pairs = zip(TIMES, ours[column].fillna(""), theirs[column].fillna(""), strict=True)
        assert {text: (a, b) for text, a, b in pairs if a != b} == {}
    assert (ours["local"].notna()).sum() > 25
