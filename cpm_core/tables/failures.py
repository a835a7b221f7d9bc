"""What of plugins failed in a run: noted once, and not tried again by the next process that works in its folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from cpm_core.hooks.isolation import Failure
from cpm_core.model.errors import Problem
from cpm_core.model.text import Locale, Text

FILE = "failed.json"
"""Of a work folder."""
COLUMN = "profile_column_"
"""Begins the name of the table that a plugin's profile column is stored in."""

Kind = Literal["KPI", "table", "profile column"]
_TITLES: dict[Kind, Text] = {
    "KPI": Text(en="KPI {name}", zh="指标 {name}"),
    "table": Text(en="table {name}", zh="数据表 {name}"),
    "profile column": Text(en="profile column {name}", zh="客户档案字段 {name}"),
}
_LINE = Text(en="{title} of {provider}: {why}", zh="{provider} 提供的{title}：{why}")


@dataclass(frozen=True)
class Broken:
    """A contribution that failed when it was run."""

    kind: Kind
    name: str
    provider: str
    failure: Failure

    @classmethod
    def of_table(cls, table: str, provider: str, failure: Failure) -> Broken:
        """A derived table that failed, or the profile column that it stands for."""
        if table.startswith(COLUMN):
            return cls("profile column", table.removeprefix(COLUMN), provider, failure)
        return cls("table", table, provider, failure)

    @property
    def title(self) -> Text:
        """What it is, by its name."""
        return _TITLES[self.kind].format(name=self.name)

    @property
    def line(self) -> Text:
        """What failed, whose it is, and how, for a reader."""
        return _LINE.format(title=self.title, provider=self.provider, why=self.failure.told)

    @property
    def problem(self) -> Problem:
        """For a person to mend."""
        return self.failure.problem(f"{self.title.en} of plugin {self.provider}")


class Failures:
    """What failed in one work folder.

    Args:
        folder: The work folder; what other processes have noted there is known.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        told = json.loads(self._file.read_text(encoding="utf-8")) if self._file.is_file() else []
        self._found = {(one.kind, one.name): one for one in map(_read, told)}

    def table(self, name: str) -> Broken | None:
        """How a derived table failed; None if it did not, or was not asked for."""
        column = name.startswith(COLUMN)
        return self._found.get(("profile column", name.removeprefix(COLUMN)) if column else ("table", name))

    def column(self, name: str) -> Broken | None:
        """How a plugin's column of the profile failed; None if it did not."""
        return self._found.get(("profile column", name))

    def kpi(self, name: str) -> Broken | None:
        """How a KPI failed; None if it did not, or was not measured."""
        return self._found.get(("KPI", name))

    def add(self, *broken: Broken) -> None:
        """Note what failed, if anything did."""
        if not broken:
            return
        self._found |= {(one.kind, one.name): one for one in broken}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        aside = self._file.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps([asdict(one) for one in self._found.values()]), encoding="utf-8")
        aside.replace(self._file)

    def lines(self, locale: Locale) -> list[str]:
        """All that failed, in a reader's words."""
        return [one.line.in_(locale) for _, one in sorted(self._found.items())]

    def problems(self) -> tuple[Problem, ...]:
        """All that failed, by kind and name."""
        return tuple(one.problem for _, one in sorted(self._found.items()))


def _read(told: dict[str, Any]) -> Broken:
    failure = {**told["failure"], "nearest": tuple(told["failure"]["nearest"])}
    return Broken(told["kind"], told["name"], told["provider"], Failure(**failure))
