"""Secret values that this process knows, and texts without them.

Whatever is written or shown (a notebook, a page, a log, a record, an error, a mail) passes `scrubbed` first.
"""

from __future__ import annotations

HIDDEN = "•••"
"""What stands in place of a secret."""

_known: set[str] = set()


def know(value: str) -> None:
    """Remember a secret value, so that it is never written."""
    if value:
        _known.add(value)


def scrubbed(text: str) -> str:
    """A text in which each known secret is hidden."""
    # Longest first: one secret may be a part of another.
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text
