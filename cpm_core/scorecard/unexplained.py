"""Why a change cannot be explained, in both languages."""

from __future__ import annotations

from cpm_core.model.errors import MeasureError
from cpm_core.model.text import Text


class UnexplainedError(MeasureError):
    """A change cannot be split; ``reason`` says why to a reader of either language."""

    reason: Text = Text(en="it does not split", zh="该变化无法拆分")


def unexplained(what: str, reason: Text, fix: str = "") -> UnexplainedError:
    """The error, with ``{reason}`` filled in."""
    error = UnexplainedError(what.format(reason=reason.en), fix=fix)
    error.reason = reason
    return error
