"""The report's data as its runner has collected them, for the kernel of its notebook: collecting takes half its time."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cpm_core.model.kpi import Kpi

if TYPE_CHECKING:
    from cpm_core.report.inputs import ReportData

FILE = "report.data"


def hand(data: ReportData, folder: Path, kpis: Mapping[str, Kpi]) -> None:
    """Put the data into a work folder; what cannot be put there is collected anew by whoever wants it.

    Args:
        data: Collected with nothing of a plugin failed.
        folder: The run's own, which nobody else can write.
        kpis: All that there are, by id: their functions stay where they are.
    """
    aside = folder / f"{FILE}.{os.getpid()}"
    try:
        with aside.open("wb") as file:
            _Pickler(file, kpis).dump(data)
    except (pickle.PicklingError, TypeError, AttributeError):
        aside.unlink()  # something of a plugin's own
        return
    aside.replace(folder / FILE)


def handed(folder: Path, kpis: Mapping[str, Kpi]) -> ReportData | None:
    """The data that are in a work folder of this workbook; None if there are none."""
    try:
        with (folder / FILE).open("rb") as file:
            data: ReportData = _Unpickler(file, kpis).load()
    except FileNotFoundError:
        return None
    return data


class _Pickler(pickle.Pickler):
    def __init__(self, file: IO[bytes], kpis: Mapping[str, Kpi]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._names = {id(kpi): name for name, kpi in kpis.items()}

    def persistent_id(self, obj: Any) -> str | None:
        if not isinstance(obj, Kpi):
            return None
        if id(obj) not in self._names:
            raise pickle.PicklingError(f"nobody provides {obj.id}")
        return self._names[id(obj)]


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], kpis: Mapping[str, Kpi]) -> None:
        super().__init__(file)
        self._kpis = kpis

    def persistent_load(self, pid: Any) -> Kpi:
        return self._kpis[pid]
