"""Options that several commands take, and what is said outside a params file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cpm_core.model.errors import UsageError

if TYPE_CHECKING:
    from cpm_core.params.overrides import Override

PAIR = "\x1f"
"""Joins the two words of `-p NAME VALUE` on their way through the parser, which takes one a time."""
PAIR_LETTERS = ("-p", "--parameters", "-r", "--parameters_raw")

ParamsFiles = Annotated[list[str], typer.Argument(metavar="PARAMS", help="Params files, or bare names in params/.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameters", metavar="NAME VALUE", help="Set a key of the file, or a notebook parameter."),
]
Raw = Annotated[
    list[str] | None,
    typer.Option("-r", "--parameters_raw", metavar="NAME VALUE", help="The same; the value stays text."),
]
Files = Annotated[
    list[str] | None, typer.Option("-f", "--parameters_file", metavar="FILE", help="Set keys from a YAML file.")
]
Yaml = Annotated[list[str] | None, typer.Option("-y", "--parameters_yaml", metavar="YAML", help="Set keys from YAML.")]
Base64 = Annotated[
    list[str] | None, typer.Option("-b", "--parameters_base64", metavar="TEXT", help="The same, as base64.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The last day that counts, as 2011-11-30.")]
Disabled = Annotated[
    list[str] | None,
    typer.Option("--disable-plugin", metavar="NAME", help="Turn a plugin off, beside those of the file; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ParamsFile = Annotated[str | None, typer.Option("--params", metavar="PARAMS", help="Those that this file turns on.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where reports are published.")]
REPORTS = Path("reports")
"""Where reports are published if nothing is said."""


def overrides_of(
    base64: list[str] | None,
    files: list[str] | None,
    yaml: list[str] | None,
    parameters: list[str] | None,
    raw: list[str] | None,
    as_of: str | None,
    disabled: list[str] | None,
) -> tuple[Override, ...]:
    """What the options of a command say outside the params file, later ones winning."""
    from cpm_core.params.overrides import from_command_line

    return from_command_line(
        base64_yaml=base64 or (),
        files=files or (),
        yaml=yaml or (),
        parameters=_pairs(parameters or (), "-p"),
        raw=_pairs(raw or (), "-r"),
        as_of=as_of,
        disabled=disabled or (),
    )


def _pairs(joined: Iterable[str], letter: str) -> list[tuple[str, str]]:
    found = []
    for text in joined:
        name, sign, value = text.partition(PAIR)
        if not sign:
            _pair_error(letter, text)
        found.append((name, value))
    return found


def join_pairs(words: Sequence[str]) -> Iterator[str]:
    """The words of the line, with NAME and VALUE after `-p` and `-r` made one."""
    rest = iter(words)
    for word in rest:
        yield word
        if word in PAIR_LETTERS:
            pair = list(islice(rest, 2))
            if len(pair) < 2:
                _pair_error(word, *pair)
            yield PAIR.join(pair)


def _pair_error(letter: str, name: str = "NAME") -> NoReturn:
    raise UsageError(f"{letter} takes a name and a value", fix=f"Write `{letter} {name} VALUE`, with a space between.")
