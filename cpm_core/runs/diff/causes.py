"""Why figures may differ: what the records of two runs say of data, definitions, params, plugins and versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

SHOWN_ONLY = ("as_of", "checks", "engine", "events", "history", "kpis", "limits", "locale", "plan", "publish", "report",
              "show_personal_data", "slices", "strict", "targets", "tier_history", "title", "workbook")  # fmt: skip
"""Keys of the params that choose what is shown or measured, and change no figure of an earlier period."""
NEW_DATA, NEW_DEFINITION = "new data", "new definition"


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was; None: it is not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Causes:
    """What of two runs differs beside their figures."""

    sources: tuple[Change, ...]
    """Files and tables, with the start of their fingerprints."""
    params: tuple[Change, ...]
    """Dotted keys."""
    plugins: tuple[Change, ...]
    """Versions."""
    versions: tuple[Change, ...]
    """Of packages, and of the package's own code."""
    notebook: bool
    """Whether the notebook is another."""

    def of(self, redefined: bool, providers: Collection[str] = ()) -> str:
        """Why a figure was restated, as far as the records tell, in words.

        Args:
            redefined: Whether the definition of its KPI is another.
            providers: Plugins of KPIs that are defined anew. That explains their versions, and they are no reason for
                the figures of other KPIs.
        """
        known = [NEW_DATA] if self.sources else []
        known += [NEW_DEFINITION] if redefined else []
        known += ["other params"] if any(one.name.split(".")[0] not in SHOWN_ONLY for one in self.params) else []
        known += ["other plugins"] if any(one.name not in providers for one in self.plugins) else []
        known += ["other versions"] if self.versions and not known else []
        return " and ".join(known) or "unknown"


def causes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Causes:
    """What differs between two records."""
    records = (before, after)
    one, other = (_sources(record) for record in records)
    # A file that was renamed or moved is the same data.
    same = sorted(digest for _, digest in one.items()) == sorted(digest for _, digest in other.items())
    return Causes(
        sources=() if same else tuple(_changes(one, other)),
        params=tuple(_changes(*(_flat(record.get("parameters") or {}) for record in records))),
        plugins=tuple(_changes(*(_plugins(record) for record in records))),
        versions=tuple(_changes(*(_versions(record) for record in records))),
        notebook=_notebook(before) != _notebook(after),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def _sources(record: Mapping[str, Any]) -> dict[str, str]:
    found = record.get("sources") or ()
    names = [PurePath(one["file"]).name for one in found]
    # By its name alone where that tells it: a project may lie elsewhere the next time.
    return {
        (name if names.count(name) == 1 else one["file"]): str(one["sha256"])[:12]
        for name, one in zip(names, found, strict=True)
    }


def _plugins(record: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["name"]): str(one["version"]) for one in record.get("plugins") or ()}


def _versions(record: Mapping[str, Any]) -> dict[str, str]:
    return {**(record.get("versions") or {}), **({"code": record["code"][:12]} if record.get("code") else {})}


def _notebook(record: Mapping[str, Any]) -> str:
    about = record.get("notebook")
    return str(about.get("sha256")) if isinstance(about, Mapping) else ""


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested values by dotted keys."""
    if isinstance(value, Mapping) and value:
        return {key: one for inner, more in value.items() for key, one in _flat(more, f"{name}.{inner}").items()}
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        numbered = {str(number): one for number, one in enumerate(value)}
        return _flat(numbered, name)
    return {name.removeprefix("."): value}
