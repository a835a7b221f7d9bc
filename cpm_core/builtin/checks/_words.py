"""What several findings say together."""

from __future__ import annotations

from collections.abc import Iterable

from cpm_core.api import Text


def joined(found: Iterable[Text | None]) -> Text | None:
    """The findings one after the other; None: there is none."""
    said = [one for one in found if one is not None]
    return Text(en="; ".join(one.en for one in said), zh="；".join(one.zh for one in said)) if said else None
