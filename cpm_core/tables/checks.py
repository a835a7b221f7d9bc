"""Judge prepared tables by the checks that plugins bring, as the params use them."""

from __future__ import annotations

from cpm_core.hooks.check_uses import CheckUse, check_uses
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import DataError, PluginError, Problem
from cpm_core.model.text import Text
from cpm_core.params.schema import Params
from cpm_core.tables.prepared import Prepared, TableStats

_SAID = Text(en="{title} ({table}): {words}", zh="{title}（{table}）：{words}")


def judge(prepared: Prepared, params: Params, registry: Registry) -> list[str]:
    """Warnings of the checks, in the words of the workbook's language.

    Raises:
        DataError: Checks of level `stop` are not met; all of them are named.
        PluginError: A check failed to judge.
    """
    warnings: list[str] = []
    stops: list[Problem] = []
    for use in check_uses(params, registry, prepared.tables):
        words = _judged(use, prepared.tables[use.table])
        if words is None:
            continue
        said = _SAID.format(title=use.check.title, table=use.table, words=words).in_(params.locale)
        if use.level == "stop":
            by = f"check {use.check.id} of {use.provided.provider}"
            fix = f"If the data is right, let it warn: `checks: {{{use.check.id}: {{tables: {{{use.table}: {{level: warn}}}}}}}}`."
            stops.append(Problem(said, by, fix=fix))
        else:
            warnings.append(said)
    if stops:
        raise DataError(stops)
    return warnings


def _judged(use: CheckUse, stats: TableStats) -> Text | None:
    by = f"check {use.check.id!r} of {use.provided.provider!r}"
    try:
        words = use.judge(stats)
    except Exception as error:
        what = f"{by} failed on the table {use.table!r}: {type(error).__name__}: {error}"
        raise PluginError(what, where=use.provided.file) from error
    if words is not None and not isinstance(words, Text):
        what = f"{by} returned a {type(words).__name__} where a Text or None is expected"
        raise PluginError(what, where=use.provided.file, fix="Return what is wrong in both languages, or None.")
    return words
