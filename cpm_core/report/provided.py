"""Who defines a figure, where the pointer rests on it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import pandas as pd

HEAD = Text(en="Defined by", zh="定义者")
_BY = Text(en="Defined by {provider}, version {version}", zh="由 {provider} 定义，版本 {version}")


def by(provider: Any, version: Any, locale: Locale) -> str:
    """A sentence that names provider and version."""
    return _BY.format(provider=provider, version=version or "–").in_(locale)


def name(title: str, provider: Any, version: Any, locale: Locale) -> str:
    """A KPI's title as HTML, with who defines it."""
    return f'<span class="name" title="{escape(by(provider, version, locale))}">{escape(title)}</span>'


def of_kpi(facts: pd.DataFrame, kpi: str) -> tuple[str, str]:
    """Provider and version of a KPI's facts; empty where it has none."""
    found = facts.loc[facts["kpi"] == kpi, ["provider", "version"]].head(1)
    return (str(found["provider"].iloc[0]), str(found["version"].iloc[0])) if len(found) else ("", "")
