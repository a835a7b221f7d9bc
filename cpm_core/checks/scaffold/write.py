"""Write a plugin and its test from the templates of its kind."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from string import Template

from cpm_core.checks.plugins.places import PLUGINS, project_folder
from cpm_core.checks.scaffold.hints import next_steps
from cpm_core.checks.scaffold.names import check_name, in_words
from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.params.paths import shown

KINDS: Mapping[str, str] = {
    "source": "base tables from a file, a database or a service",
    "table": "a table made of others, and a KPI on it",
    "kpi": "a KPI",
    "profile": "a column of the customer profile",
    "tier": "a rule that sorts customers into tiers",
    "lifecycle": "a rule that gives customers a stage",
    "action": "something that a plan does for customers",
    "section": "a section of the report page",
    "publisher": "a way to bring a report to its readers",
    "check": "an expectation on a base table",
}
"""What a scaffold makes, in words."""
TESTS = "tests"
"""Folder beside the plugins for their tests. It has no `__init__.py`, so that it is no plugin itself."""
_FILES: Mapping[str, str] = {"{kind}.py": "{name}.py", "test_{kind}.py": TESTS + "/test_{name}.py"}
_DATA: Mapping[str, str] = {"{kind}.csv": TESTS + "/{name}.csv"}
"""Templates, and where in the folder each goes; data stand beside the test that reads them."""


def print_new(kind: str, name: str, folder: Path | None) -> int:
    """Write a plugin, and print where and how to go on; returns 0.

    Raises:
        UsageError: It cannot be written; see :func:`new_plugin`.
    """
    written, steps = new_plugin(kind, name, folder)
    lines = [f"{name}: {KINDS[kind]}", "", "Written:", *(f"  {shown(path)}" for path in written)]
    sys.stdout.write("\n".join([*lines, "", "Next:", *(f"  {step}" for step in steps)]) + "\n")
    return 0


def new_plugin(kind: str, name: str, folder: Path | None) -> tuple[list[Path], list[str]]:
    """Write a plugin and its test; nothing that is there is changed.

    Args:
        kind: One of `KINDS`.
        name: The plugin's name and the id of what it provides.
        folder: The plugins' folder; None: `plugins/` of the project that the working folder is in.

    Returns:
        The files that were written, and the commands to go on with.

    Raises:
        UsageError: There is no such kind, the name cannot be one, a file of it is there, or there is no project.
    """
    if kind not in KINDS:
        fix = f"There are: {', '.join(KINDS)}."
        raise UsageError(f"there is no kind of plugin {kind!r}", where="KIND", nearest=nearest(kind, KINDS), fix=fix)
    check_name(name, kind)
    home = _home() if folder is None else folder
    texts = dict(_texts(kind, name))
    _check_free(home, name, texts)
    written = []
    for place, text in texts.items():
        path = home / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written, next_steps(kind, name, home)


def _home() -> Path:
    project = project_folder()
    if project is None:
        raise UsageError(
            "there is no project here: neither params/ nor plugins/",
            where=str(Path.cwd()),
            fix="Go into the project's folder, or name one: `--folder plugins`.",
        )
    return project / PLUGINS


def _texts(kind: str, name: str) -> list[tuple[str, str]]:
    """Where each file goes within the folder, and what stands in it."""
    templates = resources.files("cpm_core.checks.scaffold") / "templates"
    words = {
        "name": name,
        "words": in_words(name),
        "class_name": "".join(part.capitalize() for part in name.split("_")),
    }
    found = []
    for source, place in {**_FILES, **_DATA}.items():
        template = templates / f"{source.format(kind=kind)}.txt"
        if source in _FILES or template.is_file():
            text = Template(template.read_text(encoding="utf-8")).substitute(words)
            found.append((place.format(name=name), text))
    return found


def _check_free(home: Path, name: str, texts: Mapping[str, str]) -> None:
    """See that nothing of that name is there.

    Raises:
        UsageError: Something is.
    """
    taken = [home / place for place in (*texts, name, f"{name}.yaml", f"{name}.yml") if (home / place).exists()]
    if taken:
        fix = "Choose another name, or move the file away: nothing is ever overwritten."
        raise UsageError([Problem(f"{shown(path)} is there already", "NAME", fix=fix) for path in taken])
