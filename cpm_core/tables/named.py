"""A workbook's tables by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cpm_core.model.errors import MeasureError
from cpm_core.model.names import nearest
from cpm_core.tables.derive import Catalog


class Tables(Mapping[str, Any]):
    """Tables by name; derived ones are stored when first asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def __getitem__(self, name: str) -> Any:
        names = list(self)
        if name not in names:
            raise MeasureError(f"there is no table {name!r}", nearest=nearest(name, names))
        self._catalog.store(name)
        return self._catalog.engine.table(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalog.names())

    def __len__(self) -> int:
        return len(self._catalog.names())
