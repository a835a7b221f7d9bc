"""Validate the options that a params file gives to a source or a rule, by the plugin's own model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from cpm_core.model.errors import ParamsError, Problem
from cpm_core.params.fields import LISTS, MAPPINGS, field_names, field_of, models_in
from cpm_core.params.problems import Where, label_of, problems_of, unknown_key
from cpm_core.params.secrets import references_in, seen, with_values
from cpm_core.params.syntax import Loc

SHOWN = "shown"
"""With `Field(json_schema_extra={"shown": True})` a model says of an option that readers see it: it is no secret."""

M = TypeVar("M", bound=BaseModel)


def validate_options(
    model: type[M], raw: Mapping[str, Any], where: Where | str, prefix: Loc = (), context: Any = None
) -> M:
    """Options typed by a plugin's model.

    Keys that the model does not know are errors even where pydantic would pass over them; a model
    that wants free keys says ``extra="allow"``.

    Args:
        model: The pydantic class that a plugin's `options()` returned.
        raw: Nested texts, as ``SourceUse.options`` gives them.
        where: ``lambda *loc: params.where("sources", 0, *loc)``, or one place for all.
        prefix: The way to the options in the file, as ``("sources", 0)``, for the names in messages.
        context: What the model's validators find as ``info.context``: the workbook's settings.

    Raises:
        ParamsError: All that is wrong, at once; a secret that cannot be had too.
    """
    place: Where = (lambda *_: where) if isinstance(where, str) else where
    said = {key: value for key, value in raw.items() if value is not None or key not in field_names(model)}
    problems = list(_seen(model, said, place, prefix))
    given = with_values(said, place, problems, prefix)
    if problems:
        raise ParamsError(problems)
    problems += _strays(model, given, place, prefix, ())
    try:
        options = model.model_validate(given, context=context)
    except ValidationError as error:
        raise ParamsError([*problems, *problems_of(error, model, given, place, prefix)]) from None
    if problems:
        raise ParamsError(problems)
    return options


def no_options(raw: Mapping[str, Any], where: Where | str, prefix: Loc = ()) -> None:
    """Refuse every key, for a plugin that takes none.

    Raises:
        ParamsError: There is a key.
    """

    class Nothing(BaseModel):
        """No keys."""

    validate_options(Nothing, raw, where, prefix)


def _seen(model: type[BaseModel], raw: Mapping[str, Any], where: Where, prefix: Loc) -> Iterator[Problem]:
    """References to secrets in options of which the model says that readers see them."""
    for loc, _ in references_in(raw):
        field = field_of(model, loc[0])
        about = field.json_schema_extra if field is not None else None
        if isinstance(about, Mapping) and about.get(SHOWN):
            yield seen(label_of(*prefix, *loc), where(*loc), "Write it out here.")


def _strays(annotation: Any, raw: Any, where: Where, prefix: Loc, loc: Loc) -> Iterator[Problem]:
    """Keys that a model would ignore in silence, at any depth."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(raw, Mapping) and origin in MAPPINGS:
        for key, value in raw.items():
            yield from _strays(parts[-1], value, where, prefix, (*loc, key))
    elif isinstance(raw, list) and origin in LISTS:
        for index, value in enumerate(raw):
            yield from _strays(parts[0], value, where, prefix, (*loc, index))
    elif isinstance(raw, Mapping) and len(models := list(models_in(annotation))) == 1:
        # With several models to choose from, pydantic decides which one is meant.
        yield from _stray_keys(models[0], raw, where, prefix, loc)


def _stray_keys(
    model: type[BaseModel], raw: Mapping[str, Any], where: Where, prefix: Loc, loc: Loc
) -> Iterator[Problem]:
    for key, value in raw.items():
        field = field_of(model, key)
        if field is not None:
            yield from _strays(field.annotation, value, where, prefix, (*loc, key))
        elif model.model_config.get("extra", "ignore") == "ignore":
            yield unknown_key(label_of(*prefix, *loc, key), key, field_names(model), where(*loc, key))
