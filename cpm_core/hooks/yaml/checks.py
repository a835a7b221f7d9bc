"""Checks on data of a YAML plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cpm_core.hooks.yaml.blamed import Where
from cpm_core.hooks.yaml.schema import CheckKeys, ExpectKeys
from cpm_core.model.errors import PluginError
from cpm_core.model.names import nearest
from cpm_core.model.rules import Check
from cpm_core.model.text import Text
from cpm_core.params.targets import Ends

_WORDS = {
    "rows": Text(en="{value:,} rows", zh="{value:,} 行"),
    "recent_rows": Text(en="{value:,} rows in the last 28 days", zh="最近 28 天 {value:,} 行"),
    "reject_share": Text(en="{value:.1%} of the rows rejected", zh="{value:.1%} 的行被拒绝"),
    "days_old": Text(en="{value:,} days old", zh="数据已有 {value:,} 天"),
    "empty": Text(en="{column} is empty in {value:.1%} of the rows", zh="字段 {column} 在 {value:.1%} 的行中为空"),
}
_LOW = Text(en="{said}, at least {limit} expected", zh="{said}，预期至少 {limit}")
_HIGH = Text(en="{said}, at most {limit} expected", zh="{said}，预期最多 {limit}")
_SHARES = ("reject_share", "empty")


def check_of(name: str, keys: CheckKeys, where: Where) -> Check:
    """The check that the keys describe."""
    return Check(
        name, keys.title, keys.table, Expected(keys.expect, where("expect")), keys.level, replaces=keys.replaces
    )


@dataclass(frozen=True)
class Expected:
    """Holds what is known of a table against what is expected of it."""

    keys: ExpectKeys
    where: str = field(compare=False)

    def __call__(self, stats: Any) -> Text | None:
        """What is not as expected.

        Raises:
            PluginError: Nothing is known of a column that it names.
        """
        found = list(self._wrong(stats))
        return Text(en="; ".join(one.en for one in found), zh="；".join(one.zh for one in found)) if found else None

    def _wrong(self, stats: Any) -> Iterator[Text]:
        for name in ("rows", "recent_rows", "reject_share", "days_old"):
            ends, value = getattr(self.keys, name), _VALUES[name](stats)
            if ends is not None and value is not None:
                yield from _outside(name, ends, value, _WORDS[name].format(value=value))
        for column, ends in self.keys.empty.items():
            if column not in stats.empty:
                raise PluginError(
                    f"expect.empty: how often {column!r} is empty is not known of the table {stats.table!r}",
                    where=self.where,
                    nearest=nearest(column, stats.empty),
                    fix="It is of columns that are delivered, that need not be filled, and that do not become known later.",
                )
            value = sum(stats.empty[column]) / max(sum(stats.rows), 1)
            yield from _outside("empty", ends, value, _WORDS["empty"].format(column=column, value=value))


def _outside(name: str, ends: Ends, value: float, said: Text) -> Iterator[Text]:
    form = ".1%" if name in _SHARES else ",.0f"
    if ends.low is not None and value < ends.low:
        yield _LOW.format(said=said, limit=format(ends.low, form))
    if ends.high is not None and value > ends.high:
        yield _HIGH.format(said=said, limit=format(ends.high, form))


def _reject_share(stats: Any) -> float:
    lost = sum(rows for reason, rows in stats.rejected.items() if reason != "duplicate")
    return float(lost / max(stats.kept + lost, 1))


def _days_old(stats: Any) -> int | None:
    """None: the table has no days."""
    last = stats.loaded_until or stats.last_day
    return None if last is None or stats.as_of is None else max((stats.as_of - last).days, 0)


_VALUES: Mapping[str, Callable[[Any], float | None]] = {
    "rows": lambda stats: stats.kept,
    "recent_rows": lambda stats: None if stats.last_day is None else stats.rows[0],
    "reject_share": _reject_share,
    "days_old": _days_old,
}
