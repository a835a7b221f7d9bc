"""What is said outside the file: papermill's letters, `--as-of`, keywords of `cpm.open`."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cpm_core.model.errors import UsageError
from cpm_core.model.text import Text
from cpm_core.params.syntax import Document, Loc, parse, read

DISABLED = "plugins.disable"


@dataclass(frozen=True)
class Override:
    """One key that is set from outside."""

    key: str
    """A key of the file; dots lead inwards and numbers count list items from 0, as `sources.0.path`."""
    value: Any
    """Text or a Python value."""
    origin: str
    """Who said so, as `-p as_of`."""
    places: Mapping[Loc, str] = field(default_factory=dict)
    """Where the parts of the value stand, if it was read from a file."""
    adds: bool = False
    """The value is a list that is put behind what the key holds, and takes nothing away."""

    @property
    def loc(self) -> Loc:
        """The key as a way through the file."""
        return tuple(int(part) if part.isdecimal() else part for part in self.key.strip().split("."))


def from_command_line(
    *,
    base64_yaml: Iterable[str] = (),
    files: Iterable[str | Path] = (),
    yaml: Iterable[str] = (),
    parameters: Iterable[tuple[str, str]] = (),
    raw: Iterable[tuple[str, str]] = (),
    as_of: str | None = None,
    disabled: Iterable[str] = (),
) -> tuple[Override, ...]:
    """Overrides in papermill's order `-b -f -y -p -r`, then `--as-of` and `--disable-plugin`; later ones win.

    Raises:
        UsageError: A text or file does not hold YAML (then a ParamsError with its line).
    """
    found: list[Override] = []
    for text in base64_yaml:
        found += _of_document(parse(_decoded(text), "-b"))
    for file in files:
        found += _of_document(read(Path(file)), "-f ")
    for text in yaml:
        found += _of_document(parse(text, "-y"))
    # As in papermill, the -p word None is nothing, and -r takes every word as it is.
    found += [Override(name, None if value == "None" else value, f"-p {name}") for name, value in parameters]
    found += [Override(name, value, f"-r {name}") for name, value in raw]
    if as_of is not None:
        found.append(Override("as_of", as_of, "--as-of"))
    found += [Override(DISABLED, [name], f"--disable-plugin {name}", adds=True) for name in disabled]
    return tuple(found)


def from_keywords(values: Mapping[str, Any], caller: str = "cpm.open") -> tuple[Override, ...]:
    """Overrides by keyword arguments; None means that nothing is said."""
    return tuple(Override(key, value, f"{caller}({key}=…)") for key, value in values.items() if value is not None)


def as_written(value: Any) -> Any:
    """A Python value as the file would hold it: texts, None, lists and mappings."""
    if isinstance(value, Text):
        value = {"en": value.en, "zh": value.zh}
    if isinstance(value, Mapping):
        return {str(key): as_written(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_written(one) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None else str(value)


def _of_document(document: Document, letter: str = "") -> list[Override]:
    if document.problems:
        raise UsageError(document.problems)
    found = []
    for key, value in document.data.items():
        places = {loc: f"{letter}{document.name}:{line}" for loc, line in document.lines.items() if loc[0] == key}
        loc = Override(key, None, "").loc
        inner = {(*loc, *old[1:]): place for old, place in places.items()}
        found.append(Override(key, value, places[(key,)], inner))
    return found


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise UsageError("the text is not base64 of UTF-8 YAML", where="-b", fix="Use -y for plain YAML.") from None
