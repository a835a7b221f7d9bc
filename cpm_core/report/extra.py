"""Sections that plugins add to the page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import Problem
from cpm_core.model.rules import Section
from cpm_core.model.text import Locale, Text
from cpm_core.report.fragment import Fragment, section

FAILED = "sections.json"
"""File of a work folder that tells which sections failed, and why."""

_FAILED = Text(en="This section of {provider} failed: {why}", zh="{provider} 提供的本节生成失败：{why}")


def render(book: Any, sections: Iterable[Provided[Section]], failed: list[Problem] | None = None) -> Fragment:
    """All sections in their order, then by id; one that fails says so in its place.

    Args:
        book: Handed to each section.
        sections: In any order.
        failed: Takes what failed, and why.
    """
    failed = [] if failed is None else failed
    ordered = sorted(sections, key=lambda one: (one.item.order, one.item.id))
    parts = [part for provided in ordered if (part := _one(book, provided, failed)) is not None]
    return Fragment("\n".join(part.html for part in parts), "\n\n".join(part.text for part in parts))


def shown(book: Any, sections: Iterable[Provided[Section]], work: Path) -> Fragment:
    """All sections; those that fail are noted in the work folder, for the runner."""
    failed: list[Problem] = []
    fragment = render(book, sections, failed)
    work.mkdir(parents=True, exist_ok=True)
    (work / FAILED).write_text(json.dumps([[one.what, one.where] for one in failed]), encoding="utf-8")
    return fragment


def failures(work: Path) -> list[Problem]:
    """The sections that failed when a notebook showed them, and why."""
    path = work / FAILED
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return [Problem(what, where) for what, where in told]


def _one(book: Any, provided: Provided[Section], failed: list[Problem]) -> Fragment | None:
    """One section; None if it has nothing to show."""
    locale: Locale = book.locale
    item = provided.item
    try:
        content = item.render(book)
        if content is None:
            return None
        body, text = _html(content), str(content)
    except Exception as error:  # noqa: BLE001  # a section of somebody's must not take the report with it
        why = f"{type(error).__name__}: {error}"
        failed.append(Problem(why, f"section {item.id} of {provided.provider}"))
        text = _FAILED.format(provider=provided.provider, why=why).in_(locale)
        body = f'<p class="failed">{escape(text)}</p>'
    return section(f"extra-{item.id}", item.title.in_(locale), body, locale, text)


def _html(content: Any) -> str:
    """What a section gave as HTML: its own, a frame's or a chart's; anything else as text."""
    if isinstance(content, str):
        return content
    if hasattr(content, "to_dict") and hasattr(content, "mark_line"):
        from cpm_core.report.svg import draw_foreign

        return draw_foreign(content.to_dict())
    if hasattr(content, "to_html"):
        return f'<div class="scroll">{content.to_html(index=False, border=0, na_rep="–")}</div>'
    html = getattr(content, "_repr_html_", None)
    return str(html()) if html is not None else f"<pre>{escape(str(content))}</pre>"
