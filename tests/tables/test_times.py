"""Local and UTC times of a delivery against Python's own zones, around every change of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

from cpm_core.engine.dialect import DUCKDB
from cpm_core.tables import times
from tests.books import book

# An hour at two in the morning; half an hour; a change at one minute past midnight; at midnight;
# two changes a year around a month of fasting; two hours; no change at all.
ZONES = [
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Shanghai",
]
STEP = timedelta(minutes=15)


def around_changes(zone):
    """Wall times of every quarter of an hour, a second to the next one too, around the changes of 2009 to 2011 and 2017."""
    tz, found = ZoneInfo(zone), []
    for year in (2009, 2010, 2011, 2017):
        moment = datetime(year, 1, 1, tzinfo=UTC)
        while moment.year == year:
            later = moment + timedelta(hours=6)
            if moment.astimezone(tz).utcoffset() != later.astimezone(tz).utcoffset():
                wall = moment.astimezone(tz).replace(tzinfo=None, minute=0)
                found += [wall + STEP * i - timedelta(seconds=s) for i in range(-8, 40) for s in (0, 1)]
            moment = later
    return found or [datetime(2017, 3, 26, 2, 30)]


def expected(wall, zone):
    """Local and UTC time, moved, repeated: what does not exist goes forward, what comes twice is standard time."""
    tz = ZoneInfo(zone)
    early, late = (wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    exists = early.astimezone(tz).replace(tzinfo=None) == wall
    # PEP 495: of a time that comes twice fold=1 is the later one; in a gap fold=0 is the one moved forward.
    instant = late if exists else early
    return (
        instant.astimezone(tz).replace(tzinfo=None),
        instant.replace(tzinfo=None),
        not exists,
        exists and early != late,
    )


def delivered(kind, walls, zone):
    if kind == "typed":
        return pa.array(walls, pa.timestamp("us"))
    if kind == "text":
        return pa.array([f" {wall.isoformat(sep=' ')} " for wall in walls])
    instants = [expected(wall, zone)[1] for wall in walls]
    return pa.array([f"{instant.isoformat()}Z" for instant in instants])


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("kind", ["typed", "text", "zoned text"])
def test_around_changes_of_the_clocks(kind, zone):
    walls = around_changes(zone)
    ids = [str(i) for i in range(len(walls))]
    one = pa.array(["a"] * len(ids))
    orders = pa.table({
        "order_id": ids, "customer_id": one, "ordered_at": delivered(kind, walls, zone),
        "amount": pa.array([1] * len(ids)), "kind": pa.array(["sale"] * len(ids)),
    })  # fmt: skip
    made = book({"orders": orders}, as_of="2018-12-31", timezone=zone)
    prepared = made.prepare()
    found = pd.read_parquet(prepared.parquet("orders")).set_index("order_id").loc[ids]
    wanted = [expected(wall, zone) for wall in walls]
    assert list(found["ordered_at"]) == [pd.Timestamp(local) for local, *_ in wanted]
    assert list(found["ordered_at_utc"]) == [pd.Timestamp(utc) for _, utc, *_ in wanted]
    stats = prepared.tables["orders"]
    local = kind != "zoned text"
    assert (stats.moved, stats.repeated) == (
        sum(moved for *_, moved, _ in wanted) * local,
        sum(repeated for *_, repeated in wanted) * local,
    )
    made.close()


def test_a_text_is_read_once_whatever_is_asked_of_it():
    # It was read anew for each of some 140 stretches, which took five times as long as a typed column.
    import ibis

    raw = ibis.table({"at": "string", "id": "string"}, name="raw")
    read = times.read(raw, ["at"], "Europe/Berlin", DUCKDB)
    moved, repeated = times.odd(read, ["at"], "Europe/Berlin")
    asked = read.select(at=times.local(read, "at", "Europe/Berlin", DUCKDB), moved=moved, repeated=repeated)
    sql = ibis.to_sql(asked, dialect="duckdb")
    assert sql.count("AS TIMESTAMP)") == sql.count("AS TIMESTAMPTZ)") == 1
