"""What to do with a new plugin: commands to copy, for a params file of the project."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cpm_core.params.paths import FOLDER, SUFFIXES, shown

_PLACEHOLDER = "PARAMS"
"""Stands for a params file where the project has none."""
_PLAIN = re.compile(r"[\w./-]+\Z")
"""Texts that stand in YAML as they are."""


def next_steps(kind: str, name: str, home: Path) -> list[str]:
    """Commands that check a new plugin, run its test and show it in a report.

    Args:
        kind: The kind of its scaffold.
        name: Its name.
        home: The folder that it was written to.
    """
    plugin, test = shown(home / f"{name}.py"), shown(home / "tests" / f"test_{name}.py")
    params = _params(home.parent)
    words = {} if params is None else _read(params)
    file = _PLACEHOLDER if params is None else shown(params)
    keys = _KEYS[kind](name, words) if kind in _KEYS else {}
    return [
        f"cpm plugins check {shlex.quote(plugin)}",
        f"python -m pytest {shlex.quote(test)}",
        " ".join(
            [
                f"cpm run {shlex.quote(file)}",
                *(f"-y {shlex.quote(f'{key}: {_flow(value)}')}" for key, value in keys.items()),
            ]
        ),
    ]


def _params(project: Path) -> Path | None:
    """The params file that is shown in the commands: the first."""
    folder = project / FOLDER
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES) if folder.is_dir() else []
    return next(iter(files), None)


def _read(params: Path) -> Mapping[str, Any]:
    """What stands in a params file; nothing where it cannot be read, which the run itself will tell."""
    from cpm_core.model.errors import CpmError
    from cpm_core.params.syntax import read

    try:
        return read(params).data
    except CpmError:
        return {}


def _kpi(name: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """Where the file names its KPIs, the new one must be among them."""
    named = words.get("kpis")
    return {"kpis": [*named, name]} if isinstance(named, list) and name not in named else {}


def _plan(name: str, words: Mapping[str, Any]) -> dict[str, Any]:
    plan = words.get("plan")
    if not isinstance(plan, Mapping):
        return {"plan": {"use": [name], "budget": 100}}
    used = plan.get("use")
    return {"plan.use": [*(used if isinstance(used, list) else ()), name]}


def _added(key: str, use: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """A list of the file with one more use."""
    there = words.get(key)
    return {key: [*(there if isinstance(there, list) else ()), use]}


_KEYS: Mapping[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "kpi": _kpi,
    "table": lambda name, words: _kpi(f"{name}_days", words),
    "tier": lambda name, words: {"tiers": {"rule": name}},
    "lifecycle": lambda name, words: {"lifecycle": {"rule": name}},
    "action": _plan,
    "source": lambda name, words: _added("sources", {"use": name, "path": f"../plugins/tests/{name}.csv"}, words),
    "publisher": lambda name, words: _added("publish", {"use": name, "folder": "../outbox"}, words),
}
"""The keys of a params file that use a contribution; what every report has needs none."""


def _flow(value: Any) -> str:
    """A value as YAML in one line; texts that YAML might read otherwise are in double quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None:
        return "null"
    text = str(value)
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
