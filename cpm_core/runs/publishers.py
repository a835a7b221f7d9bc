"""Bring a published report to its readers, by the publishers that the params name.

They run one after the other, in this process and after the report stands: what one of them raises is told, and takes
nothing back. What was sent is noted beside the runs, in `published.json`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cpm_core.hooks.agreement import options_of
from cpm_core.hooks.blame import blamed
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import CpmError, Problem
from cpm_core.model.publishers import Publisher
from cpm_core.model.run import Run
from cpm_core.params.schema import Params

log = logging.getLogger(__name__)

SENT = "published.json"
"""File of a report's folder that tells what was done with its last run."""


@dataclass(frozen=True)
class Sent:
    """What came of one publisher; ``provided`` is None if its plugin is quarantined."""

    publisher: str
    provided: Provided[Publisher] | None
    problem: Problem | None = None


def send_all(params: Params, registry: Registry, run: Run) -> list[Problem]:
    """Call the publishers of the params in their order, and note what came of each.

    Args:
        params: Its `publish` names publishers with options that fit; only one of a quarantined plugin may be missing.
        registry: Of the workbook.
        run: As it was published.

    Returns:
        What failed, with publisher, plugin, file and line.
    """
    sent = []
    for index, use in enumerate(params.publish):
        provided = registry.publishers.get(use.use)
        if provided is None:
            what = f"nothing was sent by {use.use!r}: no plugin that could be loaded provides this publisher"
            sent.append(Sent(use.use, None, Problem(what, params.where("publish", index, "use"))))
            continue
        options = options_of(provided.item.options, use.options, params, ("publish", index), [])
        home = next(plugin.home for plugin in registry.plugins if plugin.name == provided.provider)
        sent.append(Sent(use.use, provided, _send(provided, home, run, options)))
    if sent:
        assert run.folder is not None
        _note(run.folder.parent.parent / SENT, run, sent)
    return [one.problem for one in sent if one.problem is not None]


def _send(provided: Provided[Publisher], home: Path, run: Run, options: object) -> Problem | None:
    try:
        provided.item.send(run, options)
    except Exception as error:  # a plugin may fail in any way, and the report stands
        problem = _problem(provided, home, error)
        log.warning("%s", problem, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
        return problem
    return None


def _problem(provided: Provided[Publisher], home: Path, error: Exception) -> Problem:
    words = str(error.problems[0].what) if isinstance(error, CpmError) else f"{type(error).__name__}: {error}"
    fix = error.problems[0].fix if isinstance(error, CpmError) else ""
    return Problem(
        f"publisher {provided.item.id!r} of plugin {provided.provider!r} failed: {words}",
        blamed(error, home),
        fix=f"{fix} The report stands; `cpm run --force` makes and sends it again.".strip(),
    )


def _note(path: Path, run: Run, sent: Sequence[Sent]) -> None:
    about = {
        "run": run.id,
        # When it was sent, for whoever looks; no figure depends on it.
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sent": [
            {
                "publisher": one.publisher,
                "plugin": one.provided.provider if one.provided else "",
                "version": one.provided.version if one.provided else "",
                "failed": "" if one.problem is None else one.problem.what,
            }
            for one in sent
        ],
    }
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
