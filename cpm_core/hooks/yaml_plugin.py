"""A plugin without code: a YAML file becomes a module with hook functions, so that all that follows is the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from cpm_core.hooks.yaml.checks import check_of
from cpm_core.hooks.yaml.columns import column_of
from cpm_core.hooks.yaml.kpis import kpi_of
from cpm_core.hooks.yaml.schema import PluginKeys
from cpm_core.hooks.yaml.tiers import rule_of
from cpm_core.model.errors import ParamsError, PluginError, Problem
from cpm_core.model.markers import hookimpl
from cpm_core.params.problems import problems_of
from cpm_core.params.syntax import Document, parse

_MAKERS: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "kpis": ("cpm_kpis", kpi_of),
    "profile_columns": ("cpm_profile_columns", column_of),
    "tier_rules": ("cpm_tier_rules", rule_of),
    "checks": ("cpm_checks", check_of),
}
"""By key of the file: the hook, and what makes one thing of its keys."""


def load(path: Path) -> ModuleType:
    """Read a YAML plugin.

    Returns:
        A module with a hook function for each kind that the file brings; `__version__` if it says `version`, `CPM_API`
        if it says `api`, and `__places__`: the line of each thing by its id.

    Raises:
        PluginError: All that is wrong with the file, with lines.
    """
    document = _read(path)
    keys = _typed(document)
    module = ModuleType(path.stem, f"The plugin of {path.name}.")
    module.__file__ = str(path)
    places: dict[str, int] = {}
    for section, (hook, make) in _MAKERS.items():
        items = []
        for name, written in getattr(keys, section).items():
            items.append(make(name, written, partial(document.where, section, name)))
            places[name] = document.lines[section, name]
        if items:
            setattr(module, hook, _hook(hook, items))
    if keys.version is not None:
        vars(module)["__version__"] = keys.version
    if keys.api is not None:
        vars(module)["CPM_API"] = keys.api
    vars(module)["__places__"] = places
    return module


def _read(path: Path) -> Document:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        fix = "Save it again with the encoding UTF-8."
        raise PluginError("the file is not UTF-8", where=str(path), fix=fix) from None
    except OSError as error:
        raise PluginError(f"the file cannot be read: {error.strerror or error}", where=str(path)) from error
    try:
        return parse(text, str(path), "a YAML plugin", "version: 1.0")
    except ParamsError as error:
        raise PluginError(error.problems) from None


def _typed(document: Document) -> PluginKeys:
    problems = list(document.problems)
    try:
        keys = PluginKeys.model_validate(document.data)
    except ValidationError as error:
        problems += problems_of(error, PluginKeys, document.data, document.where)
        raise PluginError(sorted(problems, key=_line)) from None
    if not problems and not any(getattr(keys, section) for section in _MAKERS):
        fix = f"Write one of {', '.join(_MAKERS)}."
        problems.append(Problem("the plugin brings nothing", document.name, fix=fix))
    if problems:
        raise PluginError(problems)
    return keys


def _line(problem: Problem) -> int:
    number = problem.where.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _hook(name: str, items: list[Any]) -> Callable[[], list[Any]]:
    def hook() -> list[Any]:
        return list(items)

    hook.__name__ = hook.__qualname__ = name
    marked: Callable[[], list[Any]] = hookimpl(hook)
    return marked
