"""A tier rule's value of every customer at the end of a day, from the engine into one array."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np

from cpm_core.customers.asking import Asked, ask
from cpm_core.customers.cuts import Values
from cpm_core.customers.profile import PROFILE
from cpm_core.engine import dialects
from cpm_core.engine.limits import failure_of
from cpm_core.hooks.isolation import UnfitError, is_built_in
from cpm_core.hooks.registry import Provided
from cpm_core.measure import plans
from cpm_core.model.errors import PluginError
from cpm_core.model.rules import TierRule
from cpm_core.model.settings import Settings
from cpm_core.model.text import Text
from cpm_core.tables.derive import Catalog
from cpm_core.tables.lineage import base_columns, tables_behind

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

SCALES = 9
"""Decimals are whole numbers of at most their ninth decimal."""

MOST_ROWS = 500_000
"""Values that are asked for at once: days by customers."""

_NO_NUMBER = Text(en="its value is {kind}, and no number", zh="其值的类型是 {kind}，而不是数字")


class RuleValues:
    """The values of one rule with its options on any day.

    Raises:
        PluginError: The rule failed.
    """

    def __init__(self, catalog: Catalog, rule: Provided[TierRule], options: Any, settings: Settings) -> None:
        self._catalog, self._rule, self._options, self._settings = catalog, rule, options, settings

    @cached_property
    def ids(self) -> pa.ChunkedArray:
        """Every customer_id, in order."""
        profile = self._catalog.unbound(PROFILE)
        return self._catalog.engine.arrow(profile.select("customer_id").order_by("customer_id"))["customer_id"]

    def on(self, day: date) -> Values:
        """The values at the end of a day, in the order of :attr:`ids`; worked out once, and kept in the work folder."""
        if self._before_all_rows(day):
            return Values(np.zeros(len(self.ids), np.int64), np.zeros(len(self.ids), bool))
        self.work_out((day,))
        with np.load(self._kept(day)) as found:
            return Values(found["numbers"], found["known"], int(found["scale"]))

    def work_out(self, days: Iterable[date]) -> None:
        """Work out the values of several days, as far as they are not kept: those of few customers in one query."""
        new = [day for day in dict.fromkeys(days) if not self._before_all_rows(day) and not self._kept(day).is_file()]
        # What a plugin returns for one day need not fit what it returns for another.
        at_once = max(MOST_ROWS // max(len(self.ids), 1), 1) if is_built_in(self._rule.provider) else 1
        for start in range(0, len(new), at_once):
            some = new[start : start + at_once]
            for day, values in zip(some, self._asked(some), strict=True):
                self._keep(day, values)

    def _kept(self, day: date) -> Path:
        return self._catalog.folder / f"tier_values_{self._key}_{day:%Y%m%d}.npz"

    def _keep(self, day: date, values: Values) -> None:
        kept = self._kept(day)
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside = kept.with_suffix(f".{os.getpid()}.arriving")
        with aside.open("wb") as file:
            np.savez(file, numbers=values.numbers, known=values.known, scale=np.int64(values.scale))
        aside.replace(kept)

    def _asked(self, days: Sequence[date]) -> Iterator[Values]:
        """The values of each day."""
        if is_built_in(self._rule.provider):
            # Its function may be another object in each workbook, and is the same code.
            rule = self._rule.provider, self._rule.item.id, self._key
            told = *rule, repr(self._options), repr(self._settings), tuple(days), self._catalog.made_of(PROFILE)
            rows = plans.known(told, lambda: self._together(days), self._catalog)
        else:
            rows = self._together(days)
        found = self._run(rows)
        columns = (found[name].to_numpy().reshape(len(days), -1) for name in ("number", "known", "scale"))
        for numbers, there, scale in zip(*columns, strict=True):
            known = there & np.isfinite(numbers) if numbers.dtype.kind == "f" else there
            yield Values(np.where(known, numbers, 0), known, int(scale[0]) if len(scale) else 0)

    def _together(self, days: Sequence[date]) -> ir.Table:
        """The values of the first day in the order of customer_id, then those of the next one."""
        pieces = [self._of_day(day).mutate(nth=ibis.literal(nth, "int64")) for nth, day in enumerate(days)]
        rows = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
        return rows.order_by("nth", "customer_id").select("number", "known", "scale")

    def _of_day(self, day: date) -> ir.Table:
        table = self._profile(day)
        number, scale = _whole(self._value(table, day))
        try:
            rows = table.select("customer_id", number=number.fill_null(0), known=number.notnull())
        except Exception as error:
            raise self._failed(error) from error
        if day < self._settings.as_of:
            # Who came later has no row then, and no value here.
            everyone = self._catalog.unbound(PROFILE).select("customer_id")
            joined = everyone.left_join(rows, everyone.customer_id == rows.customer_id)
            rows = joined.select(
                everyone.customer_id, number=joined.number.fill_null(0), known=joined.known.fill_null(False)
            )
        return rows.mutate(scale=ibis.literal(scale, "int64"))

    def _profile(self, day: date) -> ir.Table:
        if day >= self._settings.as_of:
            return self._catalog.unbound(PROFILE)
        return self._catalog.at(PROFILE, day, only=self._tables)

    def _value(self, profile: ir.Table, day: date) -> ir.NumericColumn:
        settings = replace(self._settings, as_of=min(day, self._settings.as_of))
        asked = Asked(self._rule, self._said, self._rule.item.value, lambda: self._given(profile, settings))
        value: ir.NumericColumn = ask(asked, self._catalog, profile)
        return value

    def _given(self, profile: ir.Table, settings: Settings) -> ir.NumericColumn:
        import ibis.expr.types as ir

        value = self._rule.item.value(profile, self._options, settings)
        if not isinstance(value, ir.NumericValue):
            kind = value.type() if isinstance(value, ir.Value) else type(value).__name__
            raise UnfitError(_NO_NUMBER.format(kind=kind), fix="Return a column of numbers of the profile.")
        return value

    def _run(self, rows: ir.Table) -> pa.Table:
        engine = self._catalog.engine
        try:
            with engine.limited(self._catalog.limits.query):
                return engine.arrow(rows)
        except Exception as error:
            # Money follows tiers: a rule that fails ends the run.
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> PluginError:
        failure = failure_of(error, self._rule.where)
        return PluginError(f"{self._said} failed: {failure.what}", where=failure.where, fix=failure.fix)

    @property
    def _said(self) -> str:
        return f"tier rule {self._rule.item.id!r} of {self._rule.provider!r}"

    @cached_property
    def _now(self) -> ir.NumericColumn:
        """The value of the workbook's own day."""
        return self._value(self._catalog.unbound(PROFILE), self._settings.as_of)

    @cached_property
    def _key(self) -> str:
        """What the values depend on beside the day: not on where tiers are cut."""
        return hashlib.sha256(dialects.text_of(self._now.name("value").as_table()).encode()).hexdigest()[:12]

    @cached_property
    def _columns(self) -> set[str]:
        """The columns of the profile that the value is made of."""
        return {column for table, column in base_columns(self._now) if table == PROFILE}

    @cached_property
    def _tables(self) -> Collection[str]:
        """The tables that these columns come from: no other needs to be cut to a day."""
        profile = self._catalog.expression(PROFILE, self._settings)
        return {table for column in self._columns for table in tables_behind(profile[column])}

    def _before_all_rows(self, day: date) -> bool:
        """Whether none of the tables behind the value has a row by then."""
        return bool(self._first_days) and all(one is not None and day < one for one in self._first_days)

    @cached_property
    def _first_days(self) -> tuple[date | None, ...]:
        """That of each table behind the value."""
        stats = self._catalog.prepared.tables
        origins = {table for table, _ in self._catalog.origins((PROFILE, column) for column in self._columns)}
        return tuple(stats[table].first_day for table in origins if table in stats)


def _whole(value: ir.NumericColumn) -> tuple[ir.NumericColumn, int]:
    """A value as whole numbers where it is made of decimals, and how many decimals these have."""
    kind = value.type()
    if kind.is_decimal():
        scale = min(kind.scale if kind.scale is not None else SCALES, SCALES)
        # Of 19 digits, as DuckDB multiplies what has fewer in 64 bits.
        return (value.cast(f"decimal(19, {scale})") * 10**scale).cast("int64"), scale
    return (value.cast("int64"), 0) if kind.is_integer() else (value.cast("float64"), 0)
