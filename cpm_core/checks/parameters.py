"""`cpm run --help-params`: all that can be set for a report, with types, values and meaning; nothing is run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from rich.table import Table
from rich.text import Text as Line

from cpm_core.checks.listing import print_json
from cpm_core.model.secrets import scrubbed
from cpm_core.params.described import Key, keys
from cpm_core.params.load import load
from cpm_core.params.paths import shown
from cpm_core.params.schema import Params
from cpm_core.runs.notebooks import declared, find_notebook, parameters_of
from cpm_core.runs.request import FILE, REST

if TYPE_CHECKING:
    from rich.console import Console

    from cpm_core.params.overrides import Override

WIDTH = 140
"""Columns where there is no terminal."""
MOST = 44
"""Characters of a value in the table; the JSON has it whole."""
_GIVEN = {FILE: "given by the run", REST: "given by the run: keys of the params file that were said outside it"}


def show_parameters(paths: Sequence[str], overrides: Sequence[Override], as_json: bool) -> int:
    """Print the keys of params files and the parameters of their notebooks. Returns 0.

    Raises:
        UsageError: All that is wrong with a file, or with what was said outside it.
    """
    found = [_record(load(path, overrides, of_notebook=parameters_of), overrides) for path in paths]
    if as_json:
        return print_json(found if len(found) > 1 else found[0])
    console = _console()
    for one in found:
        console.print(Line(f"{one['file']}, notebook {one['notebook']}", style="bold"))
        console.print(_of_notebook(one["parameters"]))
        console.print(_of_file(one["keys"]))
    return 0


def _console() -> Console:
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def _record(params: Params, overrides: Sequence[Override]) -> dict[str, Any]:
    """All that is printed of one file, as plain data."""
    assert params.path is not None
    notebook = find_notebook(params.report.notebook, params.path)
    return {
        "file": shown(params.path),
        "notebook": shown(notebook),
        "parameters": [
            {
                "name": one.name,
                "type": one.annotation,
                "required": one.required,
                "default": one.default,
                "value": params.notebook_parameters.get(one.name),
                "said": next((said.origin for said in reversed(overrides) if said.key == one.name), ""),
                "meaning": one.meaning or _about(one.name),
            }
            for one in declared(notebook)
        ],
        "keys": list(_keys(params)),
    }


def _about(name: str) -> str:
    """What is known of a parameter without a comment."""
    return _GIVEN.get(name, f"the key {name} of the params file" if name in Params.model_fields else "")


def _keys(params: Params) -> Iterator[dict[str, Any]]:
    for key in keys(Params):
        value, place = _value(params, key)
        yield {
            "name": key.name,
            "type": key.type,
            "limits": key.limits,
            "required": key.required,
            "default": _plain(key.default),
            "value": value,
            "said": place,
            "meaning": key.meaning,
            "example": key.example,
        }


def _value(params: Params, key: Key) -> tuple[Any, str]:
    """A key's value, and where it is said; nothing of one within a list or under names of one's own."""
    here: Any = params
    way = key.name.split(".")
    for part in way:
        if "[" in part or "<" in part or not isinstance(here, BaseModel):
            return None, ""
        here = getattr(here, part, None)
    return _plain(here), params.where(*way) if params.is_said(*way) else ""


def _plain(value: Any) -> Any:
    """A value as JSON; of a mapping with keys of its own each has its own line."""
    return None if isinstance(value, BaseModel) else json.loads(scrubbed(json.dumps(to_jsonable_python(value))))


def _of_notebook(parameters: Sequence[dict[str, Any]]) -> Table:
    table = Table("parameter of the notebook", "type", "default", "said here", "meaning")
    for one in parameters:
        default = "needed" if one["required"] and one["name"] not in _GIVEN else one["default"] or ""
        value = "" if not one["said"] else f"{_short(one['value'])} ({one['said']})"
        table.add_row(one["name"], one["type"], default, value, one["meaning"])
    return table


def _of_file(found: Sequence[dict[str, Any]]) -> Table:
    table = Table("key of the params file")
    table.add_column("type", max_width=26)
    table.add_column("here", max_width=28)
    table.add_column("meaning")
    for one in found:
        kind = f"{one['type']}, {one['limits']}" if one["limits"] else one["type"]
        value = _short(one["value"])
        here = Line(value if one["said"] or not value else f"{value} (default)", style="" if one["said"] else "dim")
        example = f" Example: {one['example']}" if one["example"] and not one["said"] else ""
        table.add_row(one["name"], kind, here, one["meaning"] + example)
    return table


def _short(value: Any) -> str:
    """A value as it would be written, cut where it is long; empty for nothing."""
    if value is None or value in ([], {}, ""):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
