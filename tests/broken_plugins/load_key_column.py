"""A table whose key is none of its columns."""

from cpm_core.api import Column, TableSpec, Text, hookimpl


@hookimpl
def cpm_tables():
    return [
        TableSpec(id="parcels", title=Text(en="Parcels", zh="包裹"), columns=(Column("parcel_id"),), key=("parcelid",))
    ]  # <- here
