"""Where a published report is brought beside its own folder: a share, a mailbox, a chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cpm_core.model.run import Run
from cpm_core.model.text import Text


@dataclass(frozen=True)
class Publisher:
    """Brings a published report somewhere else. A params file names it under `publish`.

    ``send(run, options)`` is called once after the report is published, in the order of the params file; `run.folder`
    holds the published files, which nobody may change. What it raises is logged and told, and the report stands.
    `NotSentError` says that nobody was reached: it is called again. `PerhapsSentError` says that nobody can know.
    After any other error, and after none, it is not called again for this run.
    """

    id: str
    title: Text
    send: Callable[[Run, Any], None]
    options: Callable[[], type] | None = None
    """The pydantic model of the options; None: it takes none."""
    replaces: str = ""
    """The plugin whose contribution of the same id this one takes the place of; empty: it is a new one."""
    recipients: Callable[[Any], Sequence[str]] | None = None
    """Of its options the recipients, for each of which `send` is called by itself (`run.recipient`); None: it is
    called once for all."""
    failures: bool = False
    """Whether it can tell of a run that failed, and of one that is well again (`run.state`)."""
