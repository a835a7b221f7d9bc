"""What a report says of its plugins: who they are, which could not be loaded and why, what replaces what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from cpm_core.hooks.discovery import Quarantined
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import Problem
from cpm_core.model.text import Locale, Text

ONE = Text(
    en="A plugin could not be loaded. What it provides is missing from this report, or is as if it were not there:",
    zh="有1个插件未能加载。其提供的内容未包含在本报告中，相关部分按该插件不存在处理：",
)
SEVERAL = Text(
    en="{count} plugins could not be loaded. What they provide is missing from this report, or is as if they were not there:",
    zh="有{count}个插件未能加载。其提供的内容未包含在本报告中，相关部分按这些插件不存在处理：",
)
FAILED = Text(
    en="Parts of plugins failed. They, and what depends on them, are missing from this report:",
    zh="部分插件内容失败。这些内容及依赖它们的内容未包含在本报告中：",
)
WHY = Text(en="{plugin}: {why}", zh="{plugin}：{why}")


def record(registry: Registry, home: Path) -> dict[str, Any]:
    """The plugins of a workbook as plain data; files are told from its home."""
    loaded = [{"name": one.name, "version": one.version, "origin": one.origin} for one in registry.plugins]
    out = [
        {
            "name": one.name,
            "version": one.version,
            "origin": one.origin,
            "problems": [near(str(problem), home) for problem in one.problems],
        }
        for one in registry.quarantined
    ]
    replaced = [str(one) for one in registry.replaced]
    return {"plugins": loaded, "quarantined": out, "replaced": replaced, "disabled": list(registry.disabled)}


def problems(registry: Registry, home: Path) -> Iterator[Problem]:
    """What is wrong with each plugin that is left out; files are told from the workbook's home."""
    for one in registry.quarantined:
        for told in one.problems:
            what = near(told.what, home)
            yield Problem(named(one, what), near(told.where, home), told.nearest, near(told.fix, home))


def named(plugin: Quarantined, what: str) -> str:
    """A problem that names its plugin."""
    return what if repr(plugin.name) in what else f"plugin {plugin.name!r}: {what}"


def near(words: str, home: Path) -> str:
    """Words whose files are told from the workbook's home, so that a report is the same wherever it lies."""
    return words.replace(f"{home.resolve()}/", "")


def notice(provenance: Mapping[str, Any], locale: Locale) -> tuple[str, str]:
    """What the top of a report says of plugins that could not be loaded, and of what failed of the others.

    Returns:
        As HTML and as text; empty if all is well.
    """
    out = provenance.get("quarantined") or ()
    told = [
        WHY.in_(locale).format(plugin=" ".join(filter(None, (one["name"], one["version"]))), why=why)
        for one in out
        for why in one["problems"]
    ]
    failed = provenance.get("failed") or ()
    blocks = [
        *([_block((ONE if len(out) == 1 else SEVERAL).in_(locale).format(count=len(out)), told)] if out else []),
        *([_block(FAILED.in_(locale), failed)] if failed else []),
    ]
    return "".join(html for html, _ in blocks), "\n".join(text for _, text in blocks)


def _block(lead: str, told: Sequence[str]) -> tuple[str, str]:
    items = "".join(f"<li>{escape(words)}</li>" for words in told)
    html = f'<div class="plugins-out" role="note"><p>{escape(lead)}</p><ul>{items}</ul></div>'
    return html, "\n".join([lead, *(f"- {words}" for words in told)])
