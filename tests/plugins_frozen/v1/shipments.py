"""A source with options, the base table that it brings, a table made of it, and a KPI on that."""

from typing import Any

from cpm_core.api import (
    Column,
    DataError,
    Delivery,
    Mean,
    Reject,
    RowRule,
    Source,
    TableSpec,
    Text,
    hookimpl,
    kpi,
    table,
)

CPM_API = 1

SHIPMENTS = TableSpec(
    id="shipments",
    title=Text(en="Shipments", zh="发货"),
    key=("shipment_id",),
    time=("sent_at",),
    parent=("customers", "customer_id"),
    columns=(
        Column("shipment_id", required=True),
        Column("customer_id", required=True),
        Column("sent_at", "timestamp", required=True),
        Column("arrived_at", "timestamp", known_at="arrived_at"),
        Column("weight", "float64"),
        Column("carrier", choices=("post", "van")),
    ),
    rules=(RowRule("weight", Text(en="a weight below zero", zh="重量为负"), lambda rows: ~(rows.weight < 0), "weight"),),
)
ROWS = [
    ("s1", "c1", "2024-02-10T08:00:00", "2024-02-12T08:00:00", 2.5, "post"),
    ("s2", "c2", "2024-02-14T08:00:00", "2024-02-18T08:00:00", 1.0, "van"),
    ("s3", "c3", "2024-02-29T08:00:00", "2024-03-04T08:00:00", 1.0, "post"),
    ("s4", "c1", "2024-02-11T08:00:00", None, -3.0, "post"),
]


def options() -> type:
    from pydantic import BaseModel, ConfigDict

    class ShipmentOptions(BaseModel):
        model_config = ConfigDict(extra="forbid")
        carrier: str | None = None

    return ShipmentOptions


def fetch(context: Any) -> dict[str, Delivery]:
    import ibis
    import pandas as pd

    if context.options.carrier == "nobody":
        raise DataError("there is no carrier of that name", fix="Name post or van.")
    frame = pd.DataFrame(ROWS, columns=["shipment_id", "customer_id", "sent_at", "arrived_at", "weight", "carrier"])
    if context.options.carrier:
        frame = frame[frame["carrier"] == context.options.carrier]
    return {"shipments": Delivery(ibis.memtable(frame), loaded_until=context.as_of)}


@table(title={"en": "Transit", "zh": "运输"}, key=("shipment_id",), at="sent_at")
def transit(shipments: Any, settings: Any, tickets: Any = None) -> Any:
    """Days on the way of each shipment."""
    days = shipments.arrived_at.cast("date").delta(shipments.sent_at.cast("date"), unit="day")
    return shipments.select("shipment_id", "customer_id", "sent_at", "carrier", days=days.cast("float64"))


@kpi(
    table="transit",
    at="sent_at",
    unit="days",
    better="lower",
    title={"en": "Days on the way", "zh": "运输天数"},
    optional=("shipments.carrier",),
)
def v1_transit_days(transit):
    """Mean days from sending to arrival, of those that have arrived."""
    return Mean(transit.days)


@hookimpl
def cpm_sources():
    reasons = (Reject("lost", Text(en="lost", zh="丢失")),)
    title = Text(en="Shipments", zh="发货")
    return [Source(id="v1_shipments", title=title, fetch=fetch, options=options, reasons=reasons)]


@hookimpl
def cpm_tables():
    return [SHIPMENTS, transit]


@hookimpl
def cpm_kpis():
    return [v1_transit_days]
