"""The kit that plugin authors test with: the tiny book, and contracts to subclass.

Loads lazily, since the pytest plugin stands in this package and is loaded in every run of pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cpm_core.testing.answers import TINY_ANSWERS
    from cpm_core.testing.book import tiny_book, tiny_source
    from cpm_core.testing.contracts.customers import ActionContract, LifecycleContract, ProfileContract, TierContract
    from cpm_core.testing.contracts.data import CheckContract, SourceContract, TableContract
    from cpm_core.testing.contracts.kpi import KpiContract
    from cpm_core.testing.contracts.shown import PublisherContract, SectionContract
    from cpm_core.testing.grid import grid
    from cpm_core.testing.loading import plugin_of
    from cpm_core.testing.tiny import TINY_AS_OF, TINY_PARAMS, TINY_TABLES

_HOMES = {
    "ActionContract": "contracts.customers",
    "CheckContract": "contracts.data",
    "KpiContract": "contracts.kpi",
    "LifecycleContract": "contracts.customers",
    "ProfileContract": "contracts.customers",
    "PublisherContract": "contracts.shown",
    "SectionContract": "contracts.shown",
    "SourceContract": "contracts.data",
    "TINY_ANSWERS": "answers",
    "TINY_AS_OF": "tiny",
    "TINY_PARAMS": "tiny",
    "TINY_TABLES": "tiny",
    "TableContract": "contracts.data",
    "TierContract": "contracts.customers",
    "grid": "grid",
    "plugin_of": "loading",
    "tiny_book": "book",
    "tiny_source": "book",
}

__all__ = [
    "TINY_ANSWERS",
    "TINY_AS_OF",
    "TINY_PARAMS",
    "TINY_TABLES",
    "ActionContract",
    "CheckContract",
    "KpiContract",
    "LifecycleContract",
    "ProfileContract",
    "PublisherContract",
    "SectionContract",
    "SourceContract",
    "TableContract",
    "TierContract",
    "grid",
    "plugin_of",
    "tiny_book",
    "tiny_source",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"cpm_core.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'cpm_core.testing' has no attribute {name!r}")
