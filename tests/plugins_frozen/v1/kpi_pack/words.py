"""What the KPIs share."""

from __future__ import annotations

from dataclasses import dataclass

PHONE = "phone"


@dataclass(frozen=True)
class Words:
    """Words in both languages."""

    en: str
    zh: str


def title(en: str, zh: str) -> dict[str, str]:
    """A title."""
    words = Words(en, zh)
    return {"en": words.en, "zh": words.zh}
