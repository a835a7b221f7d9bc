"""Read YAML as text: every scalar stays as it is written, and every key and value has its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from cpm_core.model.errors import ParamsError, Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown

Loc: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys, and positions in lists from 0."""

EMPTY = ("", "~", "null")
"""Plain scalars that mean nothing is there. (Quoted, they are text; so are `Null` and `NO` at any time.)"""
MOST_VALUES = 50_000
"""A params file with more values is a mistake, or aliases that multiply."""


@dataclass(frozen=True)
class Document:
    """One YAML mapping: texts, None, lists and mappings of them, and where each of them stands."""

    name: str
    """The file as shown to a person."""
    data: dict[str, Any]
    lines: Mapping[Loc, int]
    problems: tuple[Problem, ...] = ()
    """What parses and is wrong all the same: keys written twice, tags."""

    def where(self, *loc: str | int) -> str:
        """`file:line` of a value, or of the nearest one round it."""
        for length in range(len(loc), 0, -1):
            if loc[:length] in self.lines:
                return f"{self.name}:{self.lines[loc[:length]]}"
        return self.name


def read(path: Path) -> Document:
    """Read a params file.

    Raises:
        ParamsError: It is not UTF-8, does not parse, or is no mapping of keys to values.
        UsageError: It cannot be read at all.
    """
    return parse(text_of(path), shown(path))


def read_list(path: Path) -> tuple[Document, list[Any]]:
    """Read a file that is a list: its items, and a document that knows their lines and what is wrong.

    Raises:
        ParamsError: It is not UTF-8, does not parse, or is no list.
        UsageError: It cannot be read at all.
    """
    name = shown(path)
    node, reader = _composed(text_of(path), name), _Reader(name)
    if not isinstance(node, yaml.SequenceNode):
        fix = "Begin each item with `- `."
        raise ParamsError("the YAML is no list", where=f"{name}:1", fix=fix)
    items = reader.items(node, ())
    return Document(name, {}, reader.lines, tuple(reader.problems)), items


def text_of(path: Path) -> str:
    """The text of a file that a person wrote.

    Raises:
        ParamsError: It is not UTF-8.
        UsageError: It cannot be read at all.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        beside = [] if path.exists() else [one.name for one in path.parent.glob("*")]
        raise UsageError(
            f"the file cannot be read: {error.strerror or error}",
            where=shown(path),
            nearest=nearest(path.name, beside),
            fix="Name a file that is there and that you may read.",
        ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ParamsError(
            f"the file is not UTF-8: byte 0x{raw[error.start]:02x} is not a part of any character",
            where=f"{shown(path)}:{line}",
            fix="Save it again with the encoding UTF-8.",
        ) from None


def parse(text: str, name: str, kind: str = "a params file", example: str = "as_of: 2011-11-30") -> Document:
    """Read YAML text.

    Args:
        text: All of it.
        name: What stands before the line in messages.
        kind: What the text is.
        example: A line that it may hold.

    Raises:
        ParamsError: It does not parse, or is no mapping of keys to values.
    """
    node = _composed(text, name)
    if node is None or _is_empty(node):
        return Document(name, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise ParamsError(
            f"the YAML holds no keys: {kind} is a list of lines `key: value`",
            where=f"{name}:{node.start_mark.line + 1}",
            fix=f"Write for example `{example}`.",
        )
    reader = _Reader(name)
    data = reader.mapping(node, ())
    return Document(name, data, reader.lines, tuple(reader.problems))


def flow(text: str) -> Any:
    """What a text such as `[a, b]` or `{a: b}` holds.

    Raises:
        ParamsError: It does not parse.
    """
    return parse(f"value: {text}", "").data["value"]


def is_flow(value: object) -> bool:
    """Whether a value is a list or a mapping that was written as one text."""
    return isinstance(value, str) and value.strip()[:1] in ("[", "{")


def _composed(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, name) from None
    except RecursionError:
        raise ParamsError("the YAML does not parse: it is nested too deeply", where=name) from None


@dataclass
class _Reader:
    """Turns YAML nodes into texts and notes lines and problems on the way."""

    name: str
    lines: dict[Loc, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    inside: list[int] = field(default_factory=list)
    """Nodes that are being read, to see an alias that contains itself."""

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        if not node.tag.startswith("tag:yaml.org,2002:"):
            # It is not repeated: a password may begin with a ! too.
            self.blame(
                node, "a tag (a word that begins with !) means nothing here", "Leave it out, or put it in quotes."
            )
        if isinstance(node, yaml.ScalarNode):
            return None if _is_empty(node) else node.value
        if id(node) in self.inside:
            self.blame(node, "an alias (*) stands inside what it repeats", "Write the value out.")
            return None
        self.inside.append(id(node))
        try:
            return self.mapping(node, loc) if isinstance(node, yaml.MappingNode) else self.items(node, loc)
        finally:
            self.inside.pop()

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.blame(key_node, "a key is a list or a mapping", "Write a plain word before the ':'.")
                continue
            key = key_node.value
            if key in found:
                first = self.lines[(*loc, key)]
                self.blame(key_node, f"the key {key!r} is there twice, first on line {first}", "Take one of them out.")
                continue
            self.note((*loc, key), key_node)
            found[key] = self.value(value_node, (*loc, key))
        return found

    def items(self, node: yaml.Node, loc: Loc) -> list[Any]:
        found = []
        for index, item in enumerate(node.value):
            self.note((*loc, index), item)
            found.append(self.value(item, (*loc, index)))
        return found

    def note(self, loc: Loc, node: yaml.Node) -> None:
        self.lines[loc] = node.start_mark.line + 1
        if len(self.lines) > MOST_VALUES:
            raise ParamsError(
                f"the YAML holds more than {MOST_VALUES:,} values",
                where=f"{self.name}:{node.start_mark.line + 1}",
                fix="Look for an alias (*) that repeats others.",
            )

    def blame(self, node: yaml.Node, what: str, fix: str) -> None:
        self.problems.append(Problem(what, f"{self.name}:{node.start_mark.line + 1}", fix=fix))


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in EMPTY


_PLAIN_WORDS = (
    (
        "found character '\\t'",
        "a tab stands where YAML wants spaces",
        "Put spaces in its place.",
    ),
    (
        "mapping values are not allowed",
        "a ':' stands where none may be",
        "Put quotes round a text that holds ': ', and give the line above its own ':' and the same indentation.",
    ),
    (
        "could not find expected ':'",
        "a key has no ':' after it",
        "Write `key: value`, with a space after the ':'.",
    ),
    (
        "while scanning a quoted scalar",
        "a quote that is opened here is never closed",
        "Close it with the same quote.",
    ),
    (
        "while parsing a flow",
        "a bracket that is opened here is not closed, or a comma is missing in it",
        "See that each [ has its ], each { its }, and that commas stand between.",
    ),
    (
        "while parsing a block",
        "the indentation does not fit the lines above",
        "Let keys of one level begin in the same column, and each item of a list with '- '.",
    ),
    (
        "unknown escape character",
        "a backslash in double quotes begins a sign that does not exist",
        "Put the text in single quotes.",
    ),
    ("expected a single document", "a second document begins", "Take out the line `---`."),
    (
        "undefined alias",
        "an alias (*) repeats a name that no anchor (&) gives",
        "Write the value out, or quote the '*'.",
    ),
    ("cannot start any token", "a value begins with a sign that YAML keeps for itself", "Put the value in quotes."),
    ("special characters are not allowed", "a control character stands in the file", "Take it out."),
    ("unacceptable character", "a control character stands in the file", "Take it out."),
)


def _syntax_error(error: yaml.YAMLError, text: str, name: str) -> ParamsError:
    """The parser's message in plain words, with the line."""
    said = f"{getattr(error, 'context', None) or ''} {getattr(error, 'problem', None) or error}"
    line = 1
    if isinstance(error, yaml.MarkedYAMLError):
        opened = any(part in said for part in ("quoted scalar", "while parsing a flow"))
        mark = (error.context_mark if opened else error.problem_mark) or error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
    elif isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
    line = min(line, max(1, len(text.rstrip().splitlines())))  # the end of the file is told as its last line
    if any("：" in near for near in text.splitlines()[max(0, line - 2) : line]):
        said, fix = "the colon is a full-width '：'", "Write ': ', a plain colon and a space."
        return ParamsError(f"the YAML does not parse: {said}", where=f"{name}:{line}", fix=fix)
    for part, what, fix in _PLAIN_WORDS:
        if part in said:
            return ParamsError(f"the YAML does not parse: {what}", where=f"{name}:{line}", fix=fix)
    return ParamsError(f"the YAML does not parse: {said.strip()}", where=f"{name}:{line}")
