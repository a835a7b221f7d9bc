"""The footer: who defined each figure, with what parameters, from which data, by which versions."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from cpm_core.model.kpi import Kpi
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.inputs import ReportData
from cpm_core.report.rows import Row, read_rows
from cpm_core.report.table import table

TITLE = Text(en="Where this comes from", zh="数据来源与口径")
DEFINITIONS = Text(en="Definitions: {count} measures and who provides them", zh="口径：{count}项指标及其提供者")
NOTES = Text(en="Notes", zh="说明")
HEADS = {
    "measure": Text(en="Measure", zh="指标"),
    "id": Text(en="Name", zh="名称"),
    "unit": Text(en="Unit", zh="单位"),
    "better": Text(en="Better", zh="向好方向"),
    "provider": Text(en="Provided by", zh="提供者"),
}
BETTER = {
    "higher": Text(en="higher", zh="越高越好"),
    "lower": Text(en="lower", zh="越低越好"),
    "neither": Text(en="neither", zh="无方向"),
}
KNOWN = {
    "only": Text(en="Restricted to", zh="限定范围"),
    "parameters": Text(en="Parameters", zh="参数"),
    "params": Text(en="Parameters", zh="参数"),
    "plugins": Text(en="Plugins", zh="插件"),
    "quarantined": Text(en="Plugins that could not be loaded", zh="未能加载的插件"),
    "failed": Text(en="What of plugins failed", zh="插件中失败的内容"),
    "replaced": Text(en="Replaced definitions", zh="被替换的定义"),
    "disabled": Text(en="Plugins that are turned off", zh="已停用的插件"),
    "sources": Text(en="Sources and fingerprints", zh="数据源与指纹"),
    "versions": Text(en="Versions", zh="软件版本"),
    "timings": Text(en="Timings (seconds)", zh="耗时（秒）"),
    "engine": Text(en="Engine", zh="计算引擎"),
    "run": Text(en="Run", zh="运行"),
    "identity": Text(en="Fingerprint of parameters, plugins and versions", zh="参数、插件与版本的指纹"),
}
ONLY_IF_ANY = ("quarantined", "failed", "replaced", "disabled")
NONE = Text(en="none", zh="无")
_NESTED = (Mapping, list, tuple)
YES, NO = Text(en="yes", zh="是"), Text(en="no", zh="否")


def render(data: ReportData) -> Fragment:
    """The footer as a section: notes in sight, the rest to unfold."""
    locale = data.locale
    parts = []
    if data.notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in data.notes)
        parts.append(f'<h3>{escape(NOTES.in_(locale))}</h3><ul class="plain">{items}</ul>')
    title = DEFINITIONS.in_(locale).format(count=len(data.kpis))
    parts.append(_details(title, _definitions(data)))
    for key, value in data.provenance.items():
        if key in ONLY_IF_ANY and not value:
            continue
        parts.append(_details(KNOWN[key].in_(locale) if key in KNOWN else str(key), _tree(value, locale)))
    text = "\n".join([*data.notes, *(f"{key}: {value}" for key, value in data.provenance.items())])
    return section("provenance", TITLE.in_(locale), "".join(parts), locale, text)


def _details(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def _definitions(data: ReportData) -> str:
    locale = data.locale
    rows = {row.kpi: row for row in read_rows(data)}
    cells = [_definition(kpi, rows.get(kpi.id), locale) for kpi in data.kpis]
    return table("definitions", [(name, title.in_(locale)) for name, title in HEADS.items()], cells)


def _definition(kpi: Kpi, row: Row | None, locale: Locale) -> list[str]:
    words = kpi.described(locale).split("\n\n")[0].replace("\n", " " if locale == "en" else "")
    said = f'<span class="sub">{escape(words)}</span>' if words else ""
    provider = " ".join(part for part in (row.provider, row.version) if part) if row else ""
    return [
        f'<span class="name">{escape(kpi.title.in_(locale))}</span>{said}',
        f"<code>{escape(kpi.id)}</code>",
        escape(fmt.unit_title(kpi.unit, locale)),
        escape(BETTER[kpi.better].in_(locale)),
        escape(provider or fmt.DASH),
    ]


def _tree(value: Any, locale: Locale, depth: int = 0) -> str:
    """Nested plain data as nested lists; below the top, what is not set is left out."""
    if isinstance(value, Mapping):
        kept = {key: one for key, one in value.items() if one not in (None, {}) or not depth}
        pairs = ((escape(str(key)), _tree(one, locale, depth + 1)) for key, one in kept.items())
        items = "".join(f"<dt>{key}</dt><dd>{one}</dd>" for key, one in pairs)
        return f"<dl>{items}</dl>" if items else _leaf(None, locale)
    if isinstance(value, (list, tuple)):
        if not any(isinstance(one, _NESTED) for one in value):
            return escape(", ".join(str(one) for one in value)) if value else _leaf(None, locale)
        return "<ul>" + "".join(f"<li>{_record(one, locale, depth + 1)}</li>" for one in value) + "</ul>"
    return _leaf(value, locale)


def _record(value: Any, locale: Locale, depth: int) -> str:
    """One of a list: what says a few plain things (a plugin, a file) stands on one line."""
    if isinstance(value, Mapping) and value and not any(isinstance(one, _NESTED) for one in value.values()):
        return " · ".join(_leaf(one, locale) for one in value.values())
    return _tree(value, locale, depth)


def _leaf(value: Any, locale: Locale) -> str:
    if value is None or value == "":
        return f'<span class="none">{escape(NONE.in_(locale))}</span>'
    if isinstance(value, bool):
        return escape((YES if value else NO).in_(locale))
    return escape(f"{value:.12g}" if isinstance(value, float) else str(value))
