"""Judge prepared tables by the checks that plugins bring."""

from __future__ import annotations

from collections.abc import Iterable

from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import DataError, PluginError, Problem
from cpm_core.model.rules import Check
from cpm_core.model.text import Locale, Text
from cpm_core.tables.prepared import Prepared

_SAID = Text(en="{title} ({table}): {words}", zh="{title}（{table}）：{words}")


def judge(prepared: Prepared, checks: Iterable[Provided[Check]], locale: Locale) -> list[str]:
    """Warnings of the checks, in words.

    Raises:
        DataError: Checks of level `stop` are not met; all of them are named.
        PluginError: A check failed to judge.
    """
    warnings: list[str] = []
    stops: list[Problem] = []
    for provided in checks:
        check, stats = provided.item, prepared.tables.get(provided.item.table)
        if stats is None:
            continue
        try:
            words = check.judge(stats)
        except Exception as error:
            raise PluginError(
                f"check {check.id!r} of {provided.provider!r} failed: {type(error).__name__}: {error}",
                where=provided.file,
            ) from error
        if words is None:
            continue
        said = _SAID.format(title=check.title, table=check.table, words=words)
        if check.level == "stop":
            stops.append(Problem(said.in_(locale), f"check {check.id} of {provided.provider}"))
        else:
            warnings.append(said.in_(locale))
    if stops:
        raise DataError(stops)
    return warnings
