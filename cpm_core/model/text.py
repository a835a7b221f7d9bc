"""Words in both languages of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Locale = Literal["en", "zh"]
LOCALES: tuple[Locale, ...] = ("en", "zh")


@dataclass(frozen=True)
class Text:
    """A title, unit, label or message that exists in English and in Chinese.

    Both are required, so that no report can be half translated.
    """

    en: str
    zh: str

    @classmethod
    def of(cls, value: Text | Mapping[str, str]) -> Text:
        """Read ``{"en": ..., "zh": ...}``; a ``Text`` comes back as it is.

        Raises:
            ValueError: A language is missing, empty or unknown.
        """
        if isinstance(value, Text):
            return value
        missing = [locale for locale in LOCALES if not str(value.get(locale, "")).strip()]
        unknown = [key for key in value if key not in LOCALES]
        if missing or unknown:
            parts = [f"{locale!r} is missing" for locale in missing]
            parts += [f"{key!r} is no language of the report" for key in unknown]
            raise ValueError(f"a text needs 'en' and 'zh': {', '.join(parts)}")
        return cls(en=str(value["en"]), zh=str(value["zh"]))

    def in_(self, locale: Locale) -> str:
        """The words in one language."""
        return self.zh if locale == "zh" else self.en

    def format(self, **values: object) -> Text:
        """Fill the placeholders of both languages; a value that is a ``Text`` goes in by language."""

        def fill(locale: Locale) -> str:
            words = {k: v.in_(locale) if isinstance(v, Text) else v for k, v in values.items()}
            return self.in_(locale).format(**words)

        return Text(en=fill("en"), zh=fill("zh"))
