"""What every source, table and check on data must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from cpm_core.model.tables import DerivedTable, TableSpec
from cpm_core.model.text import Text
from cpm_core.testing import asking
from cpm_core.testing import book as books
from cpm_core.testing.contracts.base import UNKNOWN, Contract
from cpm_core.testing.engines import lacking_of
from cpm_core.testing.tiny import TINY_AS_OF

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.tables.prepared import Prepared, TableStats
    from cpm_core.workbook import Workbook


class SourceContract(Contract):
    """What every source must hold.

    Attributes:
        source: The source's id.
        options: Its keys in a params file, beside `use`; paths are relative to the working folder.
        as_of: The as-of day.
        earlier: A day before it on which the source is asked too; left out: it is not.
    """

    kind, attribute = "sources", "source"
    source: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    as_of: ClassVar[str] = TINY_AS_OF
    earlier: ClassVar[str] = ""

    def test_it_delivers_tables_that_are_known_with_their_required_columns(self) -> None:
        """Each table is a base table, has its required columns, and rows that can be used."""
        tables = self._prepared().tables
        assert any(one.sources for one in tables.values()), f"{self.source} delivers no table"
        for one in tables.values():
            assert one.kept or one.before_since, f"{self.source}: no row of {one.table} can be used: {one.rejected}"

    def test_twice_the_same_data_is_the_same(self) -> None:
        """Two reads of the same data have one fingerprint, so that a report is not made again."""
        again = self._book(self.as_of).prepare().fingerprints
        assert self._prepared().fingerprints == again, (
            f"{self.source} reads other data the second time; no row may depend on the clock, on chance, or on an order"
        )

    def test_as_of_an_earlier_day_it_delivers_what_was_there_then(self) -> None:
        """Asked for an earlier day, it delivers the rows of that day, all of them and no others."""
        if not self.earlier:
            return
        then, now = self._book(self.earlier), self._book(self.as_of)
        for name, one in now.prepare().tables.items():
            spec = self.registry.tables[name].item
            if spec.time and one.sources:
                wanted = _keys(now, spec, date.fromisoformat(self.earlier))
                assert _keys(then, spec) == wanted, (
                    f"{self.source}: as of {self.earlier}, {name} has other rows than those until that day; "
                    "deliver all rows, and leave it to the core to cut them at context.as_of"
                )

    def test_an_unknown_option_is_refused(self) -> None:
        """An option that there is not is refused by name."""
        self.refuses("sources", {"use": self.source, **self.options, UNKNOWN: 1})

    def test_its_reasons_are_in_both_languages(self) -> None:
        """Why it refuses rows is said in both languages."""
        for reject in self.provided.item.reasons:
            self.says(reject.title, f"reason {reject.id!r}")

    def _prepared(self) -> Prepared:
        return self.once("prepared", lambda: self._book(self.as_of).prepare())

    def _book(self, as_of: str) -> Workbook:
        plugins = [plugin] if (plugin := self.loaded()) else []
        said = {**self.params, "as_of": as_of, "sources": [{"use": self.provided.item.id, **self.options}]}
        return books.tiny_book(plugins, tables=(), strict=False, **said)


def _keys(book: Workbook, spec: TableSpec, until: date | None = None) -> set[tuple[Any, ...]]:
    """The keys of a table's rows; those until a day."""
    import pandas as pd

    found = asking.rows(book, spec.id)
    times = [name for name in spec.time if name in found]
    at = found[times].bfill(axis=1).iloc[:, 0] if times else pd.Series(pd.NaT, index=found.index)
    if until is not None:
        found = found[at.isna() | (at < pd.Timestamp(until) + pd.Timedelta(days=1))]
    return set(found[list(spec.key)].itertuples(index=False, name=None))


class TableContract(Contract):
    """What every base table's spec, and every derived table, must hold.

    Attributes:
        table: The table's id.
    """

    attribute = "table"
    table: ClassVar[str] = ""

    @property
    def kind(self) -> str:  # type: ignore[override]  # base tables and derived ones come by one hook
        """`tables` or `derived`."""
        return "derived" if self.table in self.registry.derived else "tables"

    def test_its_key_and_times_are_columns_of_it(self) -> None:
        """A spec's key, times and row rules name columns that it has."""
        spec = self.provided.item
        if isinstance(spec, TableSpec):
            named = [*spec.key, *spec.time, *(one.known_at for one in spec.columns if one.known_at)]
            gone = sorted({name for name in named if spec.column(name) is None})
            assert not gone, f"{self.table} names the columns {gone}, which it does not have"
            for name in spec.time:
                column = spec.column(name)
                assert column is not None, f"{self.table} has no column {name}"
                assert column.type == "timestamp", f"{self.table}.{name} dates the rows, and is no timestamp"
            for rule in spec.rules:
                self.says(rule.title, f"rule {rule.id!r}")
        else:
            assert isinstance(spec, DerivedTable), f"{self.table} is no table"
            columns = asking.rows(self.bench.opened(), self.table).columns
            gone = sorted({*spec.key, spec.at} - set(columns))
            assert not gone, f"{self.table} has no columns {gone}, which its key or `at` names"

    def test_its_key_identifies_a_row(self) -> None:
        """No two rows have one key: no join multiplies rows."""
        for variant in ("plain", "mixed"):
            if self._is_there(variant):
                found = self._rows(variant)
                twice = found[found.duplicated(list(self.provided.item.key))]
                assert twice.empty, f"{self.table} has two rows of one key: {twice.iloc[0].to_dict()}"

    def test_neither_order_nor_repeats_nor_later_days_change_it(self) -> None:
        """Shuffled rows, rows that come twice, and rows of days to come give the same rows."""
        if isinstance(self.provided.item, DerivedTable) and self._is_there("plain"):
            for variant in ("shuffled", "doubled", "later"):
                said = self.bench.changed(variant, self._rows, self.provided.item.key)
                assert not said, f"{self.table} changes when the rows are {variant}: {said}"

    def test_it_can_be_made_of_tables_without_rows(self) -> None:
        """Where nothing happened, it is there all the same."""
        if self._is_there("empty"):
            asking.rows(self.bench.opened("empty"), self.table)

    def test_it_compiles_for_every_engine(self) -> None:
        """DuckDB, PostgreSQL and Spark have all operations of its expression; no server is needed to know."""
        if isinstance(self.provided.item, DerivedTable):
            gone = [f"{engine}: {what}" for engine, what in lacking_of(self.bench.opened(), self.table).items()]
            assert not gone, f"{self.table} cannot run everywhere; operations that are not there: {'; '.join(gone)}"

    def tables_behind(self) -> list[str]:
        """The table itself."""
        return [self.table]

    def _rows(self, variant: str) -> pd.DataFrame:
        return self.once(variant, lambda: asking.rows(self.bench.opened(variant), self.table))

    def _is_there(self, variant: str) -> bool:
        """Whether the tables that are delivered have it; a base table of the plugin's own may not be among them."""
        return asking.catalog_of(self.bench.opened(variant)).missing(self.table) is None


class CheckContract(Contract):
    """What every check on data must hold.

    Attributes:
        check: The check's id.
        on: The base table that it is tried on; left out: the first that it is on.
        quiet: Of what is known of that table, what must be said for it to be fine, by name.
        alarming: The same for something to be wrong, such as ``{"kept": 1}``.
        options: Its options in a params file.
    """

    kind, attribute = "checks", "check"
    check: ClassVar[str] = ""
    on: ClassVar[str] = ""
    quiet: ClassVar[Mapping[str, Any]] = {}
    alarming: ClassVar[Mapping[str, Any]] = {}
    options: ClassVar[Mapping[str, Any]] = {}

    def test_it_is_on_base_tables(self) -> None:
        """The tables that it judges are there."""
        known = self.bench.opened().prepare().tables
        assert self._table() in known, f"{self.check} is on {self._table()!r}, which is not delivered: {sorted(known)}"

    def test_of_quiet_data_it_says_nothing(self) -> None:
        """Of data that is fine it has nothing to say."""
        said = self._judged(self.quiet)
        assert said is None, f"{self.check} complains of data that is fine: {said}"

    def test_of_alarming_data_it_says_in_both_languages_what_is_wrong(self) -> None:
        """Of data that is wrong it says so, in both languages."""
        assert self.alarming, f'say when {self.check} has something to say: alarming = {{"kept": 1}}'
        said = self._judged(self.alarming)
        assert isinstance(said, Text), f"{self.check} says {said!r} of alarming data; return a Text"
        self.says(said, "warning")

    def test_an_unknown_option_is_refused(self) -> None:
        """An option that there is not is refused by name."""
        self.refuses("checks", {self.check: {**self.options, UNKNOWN: 1}})

    def _table(self) -> str:
        named = self.provided.item.table
        first = named if isinstance(named, str) else named[0]
        return self.on or ("orders" if first == "*" else first)

    def _judged(self, known: Mapping[str, Any]) -> Any:
        from cpm_core.hooks.check_uses import check_uses

        book, table = self.bench.book(checks={self.check: dict(self.options)}), self._table()
        stats: TableStats = self.bench.opened().prepare().tables[table]
        uses = [one for one in check_uses(book.params, book.registry, [table]) if one.check.id == self.provided.item.id]
        return uses[0].judge(replace(stats, **known))
