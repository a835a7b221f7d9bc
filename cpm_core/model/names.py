"""The nearest valid names to one that is not valid."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, valid: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Valid names that look like ``name``, best first; case and ``-``/``_``/space do not count."""
    plain = {_plain(one): one for one in valid}
    close = difflib.get_close_matches(_plain(name), plain, n=most, cutoff=0.55)
    return tuple(plain[one] for one in close)


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")
