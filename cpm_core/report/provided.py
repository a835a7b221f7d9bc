"""Who defines a figure, where the pointer rests on it."""

from __future__ import annotations

from html import escape
from typing import Any

from cpm_core.model.text import Locale, Text

HEAD = Text(en="Defined by", zh="定义者")
_BY = Text(en="Defined by {provider}, version {version}", zh="由 {provider} 定义，版本 {version}")


def by(provider: Any, version: Any, locale: Locale) -> str:
    """A sentence that names provider and version."""
    return _BY.format(provider=provider, version=version or "–").in_(locale)


def name(title: str, provider: Any, version: Any, locale: Locale) -> str:
    """A KPI's title as HTML, with who defines it."""
    return f'<span class="name" title="{escape(by(provider, version, locale))}">{escape(title)}</span>'
