"""Keys: rows that belong to nobody, and rows that come more than once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from cpm_core.tables import rejects
from cpm_core.tables.conform import BEFORE, BLAMED, FATE, JUDGEMENT, KEEP, NOT_YET, REASON, REJECT, VALUE

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cpm_core.engine.engine import Engine
    from cpm_core.model.tables import TableSpec

_UPDATED = frozenset({"updated_at"})
"""Says which of two rows is the newer one; a table of a plugin may do without it."""


def without_orphans(staged: ir.Table, spec: TableSpec, parent: ir.Table) -> ir.Table:
    """Refuse kept rows whose parent is not there."""
    assert spec.parent is not None
    name, column = spec.parent
    known = parent.select(_parent=parent[column]).distinct()
    joined = staged.left_join(known, staged[column] == known["_parent"])
    joined = joined.mutate(_orphan=(joined[FATE] == KEEP) & joined["_parent"].isnull())
    reason = rejects.UNKNOWN_CUSTOMER if name == "customers" else rejects.UNKNOWN_PARENT
    return _refuse(joined, joined["_orphan"], ibis.literal(reason), column).drop("_parent", "_orphan")


def timed_by_parent(staged: ir.Table, spec: TableSpec, parent: ir.Table, parent_spec: TableSpec) -> ir.Table:
    """Give rows without a time of their own their parent's, and with it its `not yet` or `before`."""
    assert spec.parent is not None
    column, time = spec.parent[1], spec.time[0]
    moment = ibis.coalesce(*(parent[name] for name in parent_spec.time))
    moment_utc = ibis.coalesce(*(parent[f"{name}_utc"] for name in parent_spec.time))
    # Refused versions of a parent say nothing of when it was.
    known = parent.mutate(_moment=moment, _moment_utc=moment_utc).filter(parent[FATE] != REJECT)
    times = known.group_by(_parent=known[column]).aggregate(
        _time=known["_moment"].min(), _time_utc=known["_moment_utc"].min(), _parent_fate=known[FATE].min()
    )
    joined = staged.left_join(times, staged[column] == times["_parent"])
    outside = joined["_parent_fate"].isin([NOT_YET, BEFORE])
    joined = joined.mutate(
        **{
            time: joined["_time"],
            f"{time}_utc": joined["_time_utc"],
            FATE: outside.fill_null(False).ifelse(joined["_parent_fate"], joined[FATE]),
        }
    )
    return joined.drop("_time", "_time_utc", "_parent", "_parent_fate")


def without_repeats(engine: Engine, staged: ir.Table, spec: TableSpec) -> ir.Table:
    """Of rows with an equal key keep one.

    The greatest `updated_at` wins, else the greatest by time column and then by all columns in
    spec order, attributes last. The others are `duplicate` where their content equals the kept row's, else
    `conflicting duplicate`.
    """
    kept = staged.filter(staged[FATE] == KEEP)
    repeated = kept.group_by(list(spec.key)).having(kept.count() > 1).aggregate()
    if engine.frame(repeated.aggregate(n=repeated.count()))["n"].iloc[0] == 0:
        return staged
    marked = repeated.mutate(_dup=ibis.literal(True)).rename({f"_key_{name}": name for name in spec.key})
    joined = staged.left_join(marked, [staged[name] == marked[f"_key_{name}"] for name in spec.key])
    joined = joined.mutate(_again=joined["_dup"].fill_null(False) & (joined[FATE] == KEEP))
    joined = joined.drop("_dup", *(f"_key_{name}" for name in spec.key))
    content = [name for name in joined.columns if name not in (*JUDGEMENT, "_source", "_again")]
    once = joined.filter(~joined["_again"]).drop("_again")
    return once.union(_ranked(joined.filter(joined["_again"]).drop("_again"), spec, content).select(once.columns))


def whole(rows: ir.Table, columns: Sequence[str]) -> ir.StringValue:
    """All that a row says as one text."""
    text: ir.StringValue = ibis.literal("\x1f").join([rows[name].cast(dt.string).fill_null("\x1e") for name in columns])
    return text


def fingerprint(engine: Engine, rows: ir.Table) -> str:
    """What tells changed rows, whatever their order: sha256 of their number and of the sum of a hash of each.

    The engine computes the hash, so that another engine has another fingerprint of the same rows.
    """
    marked = rows.select(hash=whole(rows, rows.columns).hash().cast("decimal(38, 0)"))
    found = engine.frame(marked.aggregate(rows=marked.count(), hashes=marked["hash"].sum())).iloc[0]
    return hashlib.sha256(f"{found['rows']} {found['hashes']}".encode()).hexdigest()


def _ranked(rows: ir.Table, spec: TableSpec, content: list[str]) -> ir.Table:
    ranks = [*_UPDATED.intersection(rows.columns), *spec.time, *(column.name for column in spec.columns)]
    rows = rows.mutate(_content=whole(rows, content))
    newest = [ibis.desc(rows[name], nulls_first=False) for name in dict.fromkeys([*ranks, "_content"])]
    # The source last, so that what is refused of two equal rows is the same in every run.
    window = ibis.window(group_by=list(spec.key), order_by=[*newest, rows["_source"]])
    rows = rows.mutate(_rank=ibis.row_number().over(window), _first=rows["_content"].first().over(window))
    same = rows["_content"] == rows["_first"]
    reason = same.ifelse(ibis.literal(rejects.DUPLICATE), ibis.literal(rejects.CONFLICT))
    return _refuse(rows, rows["_rank"] > 0, reason, spec.key[0]).drop("_content", "_rank", "_first")


def _refuse(table: ir.Table, bad: ir.BooleanValue, reason: ir.StringValue, column: str) -> ir.Table:
    return table.mutate(
        **{
            FATE: bad.ifelse(ibis.literal(REJECT), table[FATE]),
            REASON: bad.ifelse(reason, table[REASON]),
            BLAMED: bad.ifelse(ibis.literal(column), table[BLAMED]),
            VALUE: bad.ifelse(ibis.null(dt.string), table[VALUE]),
        }
    )
