"""The file of `--grid-from`: CSV with a line of keys at its top, or a YAML list of mappings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpm_core.model.errors import Problem, UsageError
from cpm_core.params.paths import SUFFIXES, shown
from cpm_core.params.syntax import read_list, text_of

EXAMPLE = "member,only.region"


@dataclass(frozen=True)
class Row:
    """One member as it is written: its keys and what they are set to, texts or, from YAML, lists and mappings."""

    values: dict[str, Any]
    where: str
    """`file:line`."""


def rows_of(file: Path, problems: list[Problem]) -> list[Row]:
    """Read all rows; what is wrong with the file is added to ``problems``.

    Args:
        file: `.yaml` or `.yml`; any other is CSV in UTF-8. An empty cell of CSV says nothing.
        problems: What is wrong, with its line.
    """
    try:
        rows = list(_of_yaml(file, problems) if file.suffix in SUFFIXES else _of_csv(file, problems))
    except UsageError as error:
        problems += error.problems
        return []
    for row in rows:
        if not row.values:
            problems.append(Problem("the row says nothing", row.where, fix="Take it out, or set a key."))
    if not rows and not problems:
        problems.append(Problem("the file has no rows", shown(file), fix="Write one row a report."))
    return rows


def _of_yaml(file: Path, problems: list[Problem]) -> Iterator[Row]:
    document, items = read_list(file)
    problems += document.problems
    for place, item in enumerate(items):
        where = document.where(place)
        if isinstance(item, dict):
            yield Row({key: value for key, value in item.items() if value is not None}, where)
        else:
            problems.append(Problem(f"{item!r} is no row", where, fix="Write it as `- {member: north, …}`."))


def _of_csv(file: Path, problems: list[Problem]) -> Iterator[Row]:
    # Lines are counted by the reader: a cell in quotes may hold several.
    lines = csv.reader(io.StringIO(text_of(file), newline=""), strict=True)
    try:
        keys = [key.strip() for key in next(lines, [])]
        yield from _rows(lines, keys, shown(file), problems)
    except csv.Error as error:
        problems.append(Problem(f"the CSV does not parse: {error}", f"{shown(file)}:{lines.line_num}"))


def _rows(lines: Any, keys: list[str], name: str, problems: list[Problem]) -> Iterator[Row]:
    if not all(keys) or len(set(keys)) < len(keys) or not keys:
        fix = f"Write keys of the params file in the first line, each once, as {EXAMPLE}."
        problems.append(Problem("a column has no name, or two have the same", f"{name}:1", fix=fix))
        return
    if len(keys) == 1 and (sign := next((one for one in (";", "\t") if one in keys[0]), "")):
        what = f"the cells of the first line are not parted by commas, but by {'tabs' if sign != ';' else 'semicolons'}"
        problems.append(Problem(what, f"{name}:1", fix="Save it as CSV with commas, or write a YAML list."))
        return
    for cells in lines:
        where = f"{name}:{lines.line_num}"
        if not any(cells):
            continue
        if len(cells) != len(keys):
            what = f"the row has {len(cells)} cells, and the first line {len(keys)}"
            problems.append(Problem(what, where, fix="Put quotes round a value that holds a comma."))
            continue
        yield Row({key: cell for key, cell in zip(keys, cells, strict=True) if cell}, where)
