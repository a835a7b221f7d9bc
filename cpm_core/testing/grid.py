"""Tables as they are written in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Rows: TypeAlias = "str | pa.Table | pd.DataFrame"
"""A table as text, or as Arrow or pandas have it."""
NOTHING = "-"


def grid(text: str) -> pa.Table:
    """A table as it is written: columns apart by blanks, every cell text, `-` for nothing, `#` before a comment.

    >>> grid('''order_id amount
    ...         1        10.50
    ...         2        -       # its amount is not known''').num_rows
    2

    Raises:
        ValueError: A row has more or fewer cells than there are columns.
    """
    import pyarrow as pa

    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    names, *rows = [cells for cells in lines if cells]
    for row in rows:
        if len(row) != len(names):
            raise ValueError(f"the row {' '.join(row)!r} has {len(row)} cells, and there are {len(names)} columns")
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    cells = [[None if cell == NOTHING else cell for cell in column] for column in columns]
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, cells, strict=True)})


def as_text(rows: Rows) -> pa.Table:
    """A table with every cell as text, as a file would have it."""
    import pyarrow as pa

    if isinstance(rows, str):
        return grid(rows)
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
    return pa.table({name: table[name].cast(pa.string()) for name in table.column_names})
