"""Columns of few words are written the same each time."""

import pytest

from cpm_core.builtin.sources.demo.company import chunk_tables

TABLES = chunk_tables(7, 0, 200, half_delivery=False)
COLUMNS = [
    (name, column)
    for name, table in TABLES.items()
    for column in table.column_names
    if hasattr(table[column].type, "value_type")
]


@pytest.mark.parametrize(("name", "column"), COLUMNS, ids=[f"{name}-{column}" for name, column in COLUMNS])
def test_a_word_stands_once_in_a_dictionary(name, column):
    # For one that is there twice Parquet writes what happens to lie in memory: equal rows, other bytes.
    words = TABLES[name][column].chunk(0).dictionary.to_pylist()
    assert sorted(set(words)) == sorted(words)
