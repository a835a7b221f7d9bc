"""What changed when plugins were loaded anew, for who has edited them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from cpm_core.hooks.changes import Changes, ContributionChange, PluginChange
from cpm_core.model.text import Locale, Text
from cpm_core.report.plugins import near

NOTHING = Text(en="The plugins are as they were.", zh="插件没有变化。")
AGAIN = Text(en="The data are read anew.", zh="数据将重新读取。")
PLUGIN = {
    "added": Text(en="plugin {name} {after} added", zh="新增插件 {name} {after}"),
    "removed": Text(en="plugin {name} {before} removed", zh="移除插件 {name} {before}"),
    "changed": Text(en="plugin {name} changed: {before} → {after}", zh="插件 {name} 已更改：{before} → {after}"),
    "quarantined": Text(en="plugin {name} could not be loaded: {why}", zh="插件 {name} 未能加载：{why}"),
}
ITEM = {
    "added": Text(en="{kind} {id} of {provider} added", zh="新增 {kind} {id}（{provider}）"),
    "removed": Text(en="{kind} {id} of {provider} removed", zh="移除 {kind} {id}（{provider}）"),
    "changed": Text(en="{kind} {id} of {provider} redefined", zh="{kind} {id}（{provider}）的定义已更改"),
}


@dataclass(frozen=True)
class Reloaded:
    """What changed, as text and as HTML.

    Attributes:
        plugins: Those that were added, removed, changed or quarantined.
        contributions: Those that were added, removed or redefined.
        anew: Whether the data are read anew, since a source or table changed.
    """

    plugins: tuple[PluginChange, ...]
    contributions: tuple[ContributionChange, ...]
    anew: bool
    locale: Locale
    home: Path

    @classmethod
    def of(cls, changes: Changes, anew: bool, locale: Locale, home: Path) -> Reloaded:
        """The changes, to be shown in a language."""
        return cls(changes.plugins, changes.contributions, anew, locale, home)

    def lines(self) -> Iterator[str]:
        """One sentence a change."""
        for one in self.plugins:
            why = near("; ".join(map(str, one.problems)), self.home)
            yield PLUGIN[one.how].in_(self.locale).format(name=one.name, before=one.before, after=one.after, why=why)
        for item in self.contributions:
            yield ITEM[item.how].in_(self.locale).format(kind=item.kind, id=item.id, provider=item.provider)
        if self.anew:
            yield AGAIN.in_(self.locale)
        if not (self.plugins or self.contributions):
            yield NOTHING.in_(self.locale)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(line)}</li>" for line in self.lines())
        return f'<ul class="cpm-reloaded">{items}</ul>'
