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
from cpm_core.hooks.registry import Provided, Registry
from cpm_core.model.errors import CpmError, Problem
from cpm_core.model.publishers import Publisher
from cpm_core.model.run import Run
from cpm_core.params.schema import Params
from cpm_core.runs.blame import line_of

log = logging.getLogger(__name__)

SENT = "published.json"
"""File of a report's folder that tells what was done with its last run."""


@dataclass(frozen=True)
class Sent:
    """What came of one publisher."""

    provided: Provided[Publisher]
    problem: Problem | None = None


def send_all(params: Params, registry: Registry, run: Run) -> list[Problem]:
    """Call the publishers of the params in their order, and note what came of each.

    Args:
        params: Its `publish` names publishers that are there, with options that fit.
        registry: Of the workbook.
        run: As it was published.

    Returns:
        What failed, with publisher, plugin, file and line.
    """
    sent = []
    for index, use in enumerate(params.publish):
        provided = registry.publishers[use.use]
        options = options_of(provided.item.options, use.options, params, ("publish", index), [])
        sent.append(Sent(provided, _send(provided, run, options)))
    if sent:
        assert run.folder is not None
        _note(run.folder.parent.parent / SENT, run, sent)
    return [one.problem for one in sent if one.problem is not None]


def _send(provided: Provided[Publisher], run: Run, options: object) -> Problem | None:
    try:
        provided.item.send(run, options)
    except Exception as error:  # a plugin may fail in any way, and the report stands
        problem = _problem(provided, error)
        log.warning("%s", problem, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
        return problem
    return None


def _problem(provided: Provided[Publisher], error: Exception) -> Problem:
    words = str(error.problems[0].what) if isinstance(error, CpmError) else f"{type(error).__name__}: {error}"
    fix = error.problems[0].fix if isinstance(error, CpmError) else ""
    return Problem(
        f"publisher {provided.item.id!r} of plugin {provided.provider!r} failed: {words}",
        line_of(error, provided.file),
        fix=f"{fix} The report stands; `cpm run --force` makes and sends it again.".strip(),
    )


def _note(path: Path, run: Run, sent: Sequence[Sent]) -> None:
    about = {
        "run": run.id,
        # When it was sent, for whoever looks; no figure depends on it.
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sent": [
            {
                "publisher": one.provided.item.id,
                "plugin": one.provided.provider,
                "version": one.provided.version,
                "failed": "" if one.problem is None else one.problem.what,
            }
            for one in sent
        ],
    }
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
