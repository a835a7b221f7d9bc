"""Names that a plugin and its contribution may have."""

from __future__ import annotations

import keyword
import re

from cpm_core.model.errors import UsageError

LONGEST = 40
"""Letters of a name: it is a file, a function and a column."""
_VALID = re.compile(r"[a-z][a-z0-9_]*\Z")
_TAKEN = ("tests", "conftest", "settings", "periods", "calendar", "business_hours")
"""Folders and files beside plugins, and arguments that the core gives to functions of tables."""


def check_name(name: str, kind: str) -> None:
    """See that a name can be a file, a function and an id.

    Raises:
        UsageError: It cannot; the nearest that can is named.
    """
    if _is_valid(name):
        return
    near = proposed(name, kind)
    raise UsageError(
        f"{name!r} cannot be the name of a plugin",
        where="NAME",
        nearest=(near,),
        fix=f"Lower-case letters, digits and `_`, a letter first, {LONGEST} at most, and no word of Python's.",
    )


def proposed(name: str, kind: str) -> str:
    """The valid name that is nearest to one that is not: `Repeat-Buyers!` is repeat_buyers."""
    plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()).strip("_")
    plain = plain if plain[:1].isalpha() else f"{kind}_{plain}".rstrip("_")
    plain = plain[:LONGEST].rstrip("_")
    return plain if _is_valid(plain) else f"our_{plain}"[:LONGEST].rstrip("_")


def in_words(name: str) -> str:
    """A name as a title: `repeat_buyers` is Repeat buyers."""
    words = " ".join(name.split("_")).strip()
    return words[:1].upper() + words[1:]


def _is_valid(name: str) -> bool:
    fits = _VALID.match(name) is not None and len(name) <= LONGEST
    return fits and not keyword.iskeyword(name) and name not in _TAKEN
