"""The parameters that a notebook declares: read from the text of its parameters cell, which is never executed."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError, create_model

from cpm_core.model.errors import Problem
from cpm_core.params.annotations import NAMED, Plain, UnknownTypeError, type_of, type_of_default
from cpm_core.params.problems import problems_of


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Attributes:
        name: As it is assigned.
        annotation: As it is written; empty where there is none.
        type: For pydantic; None if the annotation is no type that a value can be read as.
        default: The default as it is written; None where there is none, so that a value is required.
        meaning: The comment behind it, or above it.
        where: The notebook, and the line of the cell.
    """

    name: str
    annotation: str
    type: Any
    default: str | None
    meaning: str
    where: str

    @property
    def required(self) -> bool:
        """Whether it has no value of its own."""
        return self.default is None

    @property
    def written(self) -> str:
        """As it stands in the cell, without its comment."""
        annotated = f"{self.name}: {self.annotation}" if self.annotation else self.name
        return annotated if self.default is None else f"{annotated} = {self.default}"


def declarations(source: str, where: str = "") -> tuple[Parameter, ...]:
    """The parameters of a cell, in its order; of one that is assigned twice the last.

    Args:
        source: The cell's text.
        where: The notebook, for messages.

    Raises:
        SyntaxError: The cell is no Python.
    """
    tree, comments = ast.parse(source), _comments(source)
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        for name, annotation, default in _assigned(statement):
            found.pop(name, None)
            found[name] = Parameter(
                name,
                _words(annotation),
                _type(annotation, default),
                None if default is None else ast.unparse(default),
                _meaning(statement, comments),
                f"{where}, line {statement.lineno} of the parameters cell".lstrip(", "),
            )
    return tuple(found.values())


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Names with annotation and default."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id, statement.annotation, statement.value
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, None, statement.value


def _words(annotation: ast.expr | None) -> str:
    """An annotation as it is written, without the quotes of one that is a text."""
    if annotation is None:
        return ""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.unparse(annotation)


def _type(annotation: ast.expr | None, default: ast.expr | None) -> Any:
    if annotation is None:
        return Plain if default is None else type_of_default(default)
    try:
        kind = type_of(annotation)
    except (UnknownTypeError, ValueError):
        return None
    # `as_of: str = None` means a text or nothing.
    nothing = isinstance(default, ast.Constant) and default.value is None
    return kind | NAMED["None"] if nothing and kind is not Plain else kind


def _comments(source: str) -> dict[int, tuple[str, bool]]:
    """Comments by line, and whether a line has nothing else."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            found[token.start[0]] = token.string.lstrip("#: ").rstrip(), alone
    return found


def _meaning(statement: ast.stmt, comments: Mapping[int, tuple[str, bool]]) -> str:
    """The comment behind a statement, else those on the lines above it."""
    behind = comments.get(statement.end_lineno or statement.lineno)
    if behind and not behind[1]:
        return behind[0]
    above: list[str] = []
    line = statement.lineno - 1
    while line in comments and comments[line][1]:
        above.insert(0, comments[line][0])
        line -= 1
    return " ".join(above)


def typed(
    parameters: Sequence[Parameter], given: Mapping[str, Any], origins: Mapping[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    """Values as their declarations have them, and all that is wrong with them.

    Args:
        parameters: The notebook's.
        given: Texts, lists and mappings by the names of parameters.
        origins: Who said each, as `-p top`.
    """
    known = {one.name: one for one in parameters}
    problems = [_no_type(known[name], origins[name]) for name in given if known[name].type is None]
    read = {name: value for name, value in given.items() if known[name].type is not None}
    # Fields by number: a parameter may have any name.
    fields: dict[str, Any] = {f"p{i}": (known[name].type, Field(alias=name)) for i, name in enumerate(read)}
    model = create_model("Parameters", **fields)
    try:
        made = model.model_validate(read)
    except ValidationError as error:
        return {}, problems + _told(problems_of(error, model, read, lambda *loc: origins[str(loc[0])]), known)
    return {name: getattr(made, f"p{i}") for i, name in enumerate(read)}, problems


def _no_type(one: Parameter, origin: str) -> Problem:
    what = f"{one.name}: no value can be read as its type, `{one.annotation}`"
    valid = "str, int, float, bool, date, datetime, Literal, list, dict, and these with | None"
    return Problem(f"{what}; it is declared in {one.where}", origin, fix=f"Declare it as one of {valid}.")


def _told(problems: Sequence[Problem], known: Mapping[str, Parameter]) -> list[Problem]:
    """One problem a value, with its declaration: of a type that is one or another pydantic tells why it is neither."""
    found: dict[str, Problem] = {}
    for one in problems:
        label = one.what.partition(":")[0]
        declared = known[label.partition(".")[0]]
        fix = f"{one.fix} It is declared as `{declared.written}` in {declared.where}.".strip()
        found.setdefault(label, Problem(one.what, one.where, one.nearest, fix))
    return list(found.values())


def lacking(parameters: Sequence[Parameter], given: Mapping[str, Any], provided: Sequence[str]) -> list[Problem]:
    """Parameters that need a value and have none.

    Args:
        parameters: The notebook's.
        given: What was said.
        provided: Names that the core itself gives.
    """
    return [
        Problem(
            f"the notebook needs a value for its parameter {one.name!r}" + (f": {one.meaning}" if one.meaning else ""),
            one.where,
            fix=f"Say `-p {one.name} VALUE`, or give it a default: `{one.written} = …`.",
        )
        for one in parameters
        if one.required and one.name not in given and one.name not in provided
    ]
