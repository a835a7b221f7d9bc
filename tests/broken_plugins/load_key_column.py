"""A table whose key is none of its columns."""

from cpm_core.api import Column, TableSpec, Text, hookimpl


@hookimpl
def cpm_tables():
    title = Text(en="Parcels", zh="包裹")
    return [TableSpec(id="parcels", title=title, columns=(Column("parcel_id"),), key=("parcelid",))]  # <- here
