"""Profile, RFM and tiers of the customers of ten million generated orders, against openretailscience's RFM alone.

Both are asked of the same Parquet file. `--rows N` takes another number of orders; `--write` puts the table into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import orders
from contest import HERE, Peer, timed
from report import Line, shown, write

import cpm_core as cpm
from cpm_core.customers.profile import PROFILE, with_columns
from cpm_core.customers.tiers import Tiering
from cpm_core.hooks.agreement import tier_options
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.workbook import Workbook

# Sorted by RFM: on the as-of day alone, and followed through the twelve periods before it.
RULES = {"cut": {"rule": "rfm", "margin": "0"}, "followed": {"rule": "rfm", "margin": "0.1"}}


def catalog_of(book: Workbook, place: str) -> Catalog:
    """The tables of a workbook with nothing derived of them yet; values of customers are measured apart."""
    registry, prepared = book.registry, book.prepare()
    derived = with_columns(registry.derived, registry.profile_columns)
    return Catalog(book._engine, prepared, registry.tables, derived, book.periods, book.settings, Path(place))  # noqa: SLF001  # the workbook's engine, without what the workbook keeps


def sorting(book: Workbook) -> Callable[[], pd.DataFrame]:
    """Stores the profile of all customers, and sorts them into tiers."""
    rule, options = tier_options(book.params, book.registry)

    def run() -> pd.DataFrame:
        with tempfile.TemporaryDirectory() as place:
            return Tiering(catalog_of(book, place), rule, options, book.settings).frame(book.settings.as_of)

    return run


def agree(book: Workbook, tiers: pd.DataFrame, theirs: list[float]) -> None:
    """See that both answered the same question: as many customers, and what they spent."""
    with tempfile.TemporaryDirectory() as place:
        profile = catalog_of(book, place).unbound(PROFILE)
        bought = profile.filter(profile.revenue != 0)
        sums = book._engine.frame(bought.aggregate(n=bought.count(), revenue=bought.revenue.sum().cast("float64")))  # noqa: SLF001  # as above
    assert sums["n"].iloc[0] == theirs[0], (sums["n"].iloc[0], theirs[0])
    assert abs(float(sums["revenue"].iloc[0]) / theirs[1] - 1) < 1e-9, (sums["revenue"].iloc[0], theirs[1])
    assert len(tiers) >= theirs[0]
    assert set(tiers["tier"]) == {"VIP", "key", "ordinary"}


def measured(rows: int) -> list[Line]:
    """The limit that profile, RFM and tiers together are held to, and what lies apart from it."""
    with tempfile.TemporaryDirectory() as place:
        params = orders.project(Path(place), rows)
        shared = Path(place) / "prepared"
        books = {name: cpm.open(params, tiers=rule, shared=shared) for name, rule in RULES.items()}
        start = time.perf_counter()
        for book in books.values():
            book.prepare()
        first = Line(f"preparing {rows:,} orders (once, apart)", time.perf_counter() - start)
        file = books["cut"].tables_folder / "orders.parquet"
        peer = Peer(HERE / "retail" / "rfm.py", str(file), str(orders.AS_OF))
        ours = {name: sorting(book) for name, book in books.items()}
        agree(books["cut"], ours["cut"](), peer())
        took = timed({"peer": peer, **ours})
        peer.close()
        for book in books.values():
            book.close()
    theirs = took["peer"]
    return [
        first,
        Line("RFM alone in openretailscience", theirs),
        Line("profile, RFM and tiers of the as-of day", took["cut"], took["cut"] / theirs, at_most=1.0),
        Line(
            "the same, with tiers followed through the 12 periods before", took["followed"], took["followed"] / theirs
        ),
    ]


def main() -> int:
    """Print the table; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines = measured(chosen.rows)
    print(shown(lines))
    if chosen.write:
        write(lines, "customers", chosen.rows)
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
