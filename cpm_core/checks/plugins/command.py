"""`cpm plugins check`: load each plugin alone, validate it, compile it for every engine, run it on the tiny book."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cpm_core.checks.plugins.alone import Target, targets
from cpm_core.checks.plugins.found import Checked, record
from cpm_core.checks.plugins.shown import progress, show
from cpm_core.hooks.registry import Registry
from cpm_core.model.limits import Limits


def check_plugins(words: Sequence[str], as_json: bool) -> int:
    """Check plugins and print what is found.

    Args:
        words: Files, folders and names.
        as_json: Whether as JSON.

    Returns:
        0: nothing is wrong. 1: something is.

    Raises:
        UsageError: There is no such file or plugin.
    """
    wanted = targets(list(words))
    with progress() as tell:
        found = [checked(one, tell) for one in wanted]
    if as_json:
        import json
        import sys

        sys.stdout.write(json.dumps([record(one) for one in found], ensure_ascii=False, indent=2) + "\n")
    else:
        show(found)
    return 0 if all(one.ok for one in found) else 1


def checked(target: Target, tell: Callable[[str], None], limits: Limits | None = None) -> Checked:
    """Check one plugin.

    Args:
        target: Which.
        tell: Told what is being done.
        limits: How long a function of it and a query may take; left out: as long as in a report.
    """
    tell(f"loading {target.name}")
    registry = target.load()
    for one in registry.quarantined:
        if one.name == target.name:
            return Checked(one.name, one.version, one.file, one.problems)
    return _tried(target.name, registry, tell, limits or Limits())


def _tried(name: str, registry: Registry, tell: Callable[[str], None], limits: Limits) -> Checked:
    from cpm_core.checks.plugins.kept import kept
    from cpm_core.checks.plugins.kpis import kpis, tables
    from cpm_core.checks.plugins.others import others
    from cpm_core.checks.plugins.rules import rules
    from cpm_core.checks.plugins.trial import Trial

    plugin = next(one for one in registry.plugins if one.name == name)
    book = kept(tell)
    tell(f"trying {name} on the tiny book")
    with tempfile.TemporaryDirectory(prefix="cpm-check-") as scratch:
        trial = Trial(plugin, registry, book, Path(scratch), limits)
        try:
            lines = tuple(line for tried in (tables, kpis, rules, others) for line in tried(trial))
        finally:
            trial.close()
    return Checked(name, plugin.version, plugin.file, lines=lines)
