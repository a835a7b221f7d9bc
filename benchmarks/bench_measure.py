"""Order KPIs on ten million generated orders, against one plain query, pandas and the Boring Semantic Layer.

`--rows N` takes another number of orders; from 100 million on only our own time and memory are measured, at a
tenth of them and at all, for a peer would take hours. `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import in_pandas
import numpy as np
import orders
from contest import HERE, Peer, timed
from report import Line, shown, write

from cpm_core.measure.facts import measure
from cpm_core.workbook import Workbook

if TYPE_CHECKING:
    import pandas as pd

SLICES = tuple(name.removeprefix("orders.") for name in orders.SLICES)
LARGE = 100_000_000
PLAIN = """
SELECT date_trunc('month', ordered_at) AS month, c.region, o.channel, o.category, sum(o.amount), {touched}
FROM '{folder}/orders.parquet' o LEFT JOIN '{folder}/customers.parquet' c USING (customer_id)
WHERE ordered_at >= DATE '{first}' GROUP BY ALL"""
TOUCHED = "count(o.kind), count(o.cost), count(o.quantity)"


def facts(book: Workbook) -> pd.DataFrame:
    """All facts of an opened workbook, measured anew."""
    given = (book.compiled, book._catalog, book.periods, book.params.slices, book.settings, book.locale)  # noqa: SLF001  # what a workbook measures with, without what it keeps
    return measure(*given).frame


def plain(folder: Path) -> Callable[[], float]:
    """One DuckDB query that reads the columns of the eight KPIs, and sums one of them."""
    connection = duckdb.connect()
    query = PLAIN.format(folder=folder, first=orders.FIRST, touched=TOUCHED)
    return lambda: float(sum(row[4] for row in connection.execute(query).fetchall()))


def prepared(folder: Path, rows: int) -> tuple[Path, Path, Line]:
    """Orders, generated and prepared: the params file, the folder of tables, and how long preparing took."""
    params = orders.project(folder, rows)
    book = orders.opened(params, orders.EIGHT)
    start = time.perf_counter()
    book.prepare()
    seconds = time.perf_counter() - start
    tables = book.tables_folder
    book.close()
    return params, tables, Line(f"preparing {rows:,} orders (once, apart)", seconds)


def against_peers(rows: int) -> list[Line]:
    """The limits that a report's speed is held to, and what lies apart from them."""
    with tempfile.TemporaryDirectory() as place:
        params, tables, first = prepared(Path(place), rows)
        books = {
            "8": orders.opened(params, orders.EIGHT),
            "16": orders.opened(params, orders.SIXTEEN),
            "store": orders.opened(params, orders.EIGHT, (*orders.SLICES, "orders.store")),
            "distinct": orders.opened(params, ("active_customers",)),
            "quantile": orders.opened(params, ("dispatch_hours",)),
        }
        query, boring = plain(tables), Peer(HERE / "peers" / "boring.py", str(tables), str(orders.FIRST))

        def pandas() -> pd.DataFrame:
            return in_pandas.facts(tables, orders.FIRST, SLICES)

        agree(facts(books["8"]), pandas(), query(), *boring())
        contenders: dict[str, Callable[[], object]] = {"plain": query}
        contenders |= {name: (lambda book=book: facts(book)) for name, book in books.items()}
        contenders |= {"pandas": pandas, "boring": boring}
        took = timed(contenders)
        boring.close()
        for book in books.values():
            book.close()
    ours = took["8"]
    return [
        first,
        Line("one DuckDB query: reads the columns, sums one by month and the three slices", took["plain"]),
        Line("8 additive KPIs by month, in total and by 3 slices", ours, ours / took["plain"], at_most=2.0),
        Line("the same in pandas", took["pandas"], took["pandas"] / ours, at_least=5.0),
        Line("the same in the Boring Semantic Layer", took["boring"], took["boring"] / ours, at_least=3.0),
        Line("16 additive KPIs", took["16"], took["16"] / ours, at_most=1.6),
        Line(f"8 additive KPIs and a slice of {orders.STORES:,} members", took["store"], took["store"] / ours),
        Line("a Distinct: customers who bought", took["distinct"], took["distinct"] / ours),
        Line("a Quantile: median time to dispatch, censored", took["quantile"], took["quantile"] / ours),
    ]


def agree(ours: pd.DataFrame, in_pandas: pd.DataFrame, *revenues: float) -> None:
    """See that all answered the same question: each figure and interval of pandas, the others' revenue of all months."""
    mine = ours.assign(slice=ours["slice"].str.removeprefix("orders."), month=ours["period_start"])
    where = ["kpi", "slice", "month", "member"]
    both = mine.merge(in_pandas, on=where, how="outer", suffixes=("", "_theirs"), indicator=True)
    assert (both["_merge"] == "both").all(), "other figures"
    for name in ("value", "low", "high"):
        assert np.allclose(both[name], both[f"{name}_theirs"], rtol=1e-9, atol=0, equal_nan=True), name
    revenue = float(ours[(ours["kpi"] == "revenue") & (ours["slice"] == "")]["value"].sum())
    assert all(abs(other / revenue - 1) < 1e-9 for other in revenues), (revenue, revenues)


def growth(rows: int) -> list[Line]:
    """Time at a tenth of the rows and at all of them, and the most memory that it took."""
    lines: list[Line] = []
    seconds = []
    for size in (rows // 10, rows):
        with tempfile.TemporaryDirectory() as place:
            params, _, first = prepared(Path(place), size)
            book = orders.opened(params, orders.EIGHT)
            seconds.append(timed({"ours": lambda book=book: facts(book)})["ours"])
            book.close()
        more = {"ratio": seconds[1] / seconds[0], "at_most": 11.0} if len(seconds) > 1 else {}
        lines += [first, Line(f"8 additive KPIs, {size:,} orders", seconds[-1], **more)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [*lines, Line("most memory, GiB", float("nan"), peak, at_most=8.0)]


def main() -> int:
    """Print the table; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    large = chosen.rows >= LARGE
    lines = growth(chosen.rows) if large else against_peers(chosen.rows)
    print(shown(lines))
    if chosen.write:
        write(lines, "growth" if large else "peers", chosen.rows)
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
