"""Names of folders made of any text: readable, confined to one folder, and different for different texts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

LONGEST = 150
"""Bytes of a name: file systems take 255, and other names stand beside it in a path."""
TAKEN = {"runs", "failed", "latest", "latest.json", "outbox", "schedule.json", "status.json"}
"""Names that a report's folder uses itself."""
_LOST = re.compile(r"[^\w .=+-]")


def slug(text: str) -> str:
    """A folder's name for a text, such as `region=north`.

    Letters of any script, digits, spaces and `_ . = + -` stay. A text that loses something on the way gets the start
    of its hash behind it, so that `a/b` and `a:b` never share a folder, whichever of them comes first.
    """
    whole = unicodedata.normalize("NFC", text)
    name = re.sub(r"\.{2,}", ".", _LOST.sub("-", whole)).strip(" .")
    fits = name == whole and len(name.encode()) <= LONGEST and name.casefold() not in TAKEN
    return name if name and fits else _marked(_cut(name), whole)


def joined(names: Sequence[str]) -> str:
    """One name of several, `,` between them."""
    whole = ",".join(filter(None, names))
    return whole if len(whole.encode()) <= LONGEST else _marked(_cut(whole), whole)


def _cut(name: str) -> str:
    return name.encode()[: LONGEST - 10].decode(errors="ignore").strip(" .")


def _marked(name: str, whole: str) -> str:
    return f"{name or 'member'}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"
