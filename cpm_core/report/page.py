"""The page that is published, from an executed notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from cpm_core.model.text import Locale, Text
from cpm_core.report.clean import clean_html, clean_svg, image
from cpm_core.report.fragment import LANG
from cpm_core.report.report import css
from cpm_core.report.svg import draw_foreign

if TYPE_CHECKING:
    from nbformat import NotebookNode

SKIP = Text(en="Skip to the report", zh="跳至正文")
CONTENTS = Text(en="Contents", zh="目录")
CHART = Text(en="Chart", zh="图表")
PAGE = Text(en="Page {number}", zh="第{number}页")
_OWN_STYLES = re.compile(r'<style class="cpm-styles">.*?</style>', re.DOTALL)
_HEADING = re.compile(r'<section class="cpm [^"]*" id="([\w-]+)"[^>]*><h2>(.*?)</h2>', re.DOTALL)
_HEADER_END = "</header>"
_STYLES = re.compile(r"<style.*?</style>", re.DOTALL)
_SHOWS = re.compile(r"<(?:img|svg|hr)\b|>\s*[^<\s]|^\s*[^<\s]")
FORMS = ("text/html", "image/svg+xml", "application/vnd.vegalite", "image/", "text/markdown", "text/plain")
"""What an output may be shown as, best first."""


def render_page(notebook: NotebookNode, title: str, locale: Locale) -> str:
    """The report as one HTML file that needs nothing else.

    Shows markdown and outputs in the notebook's order, no code and no log (stderr). Of each output the
    richest still form is taken: HTML, SVG, a Vega-Lite chart drawn, PNG or JPEG, markdown, text; so a
    widget becomes its static view. Scripts, event handlers and whatever would be fetched are left out.
    A code cell tagged `remove_output` (nbconvert's convention) shows nothing.

    Args:
        notebook: Executed.
        title: Of the page, as plain text.
        locale: Language of the page.
    """
    with as_file(files("cpm_core.report").joinpath("templates")) as folder:
        html, _ = _exporter(str(folder), locale).from_notebook_node(notebook, resources={"page": _page(title, locale)})
    return _with_contents(str(html), locale)


def _page(title: str, locale: Locale) -> dict[str, str]:
    sheet = files("cpm_core.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return {
        "title": title,
        "lang": LANG[locale],
        "skip": SKIP.in_(locale),
        "css": f"{sheet}\n{_paper(title, locale)}\n{css()}",
    }


def _paper(title: str, locale: Locale) -> str:
    """A4 with the title over and the page's number under each page."""
    words = re.sub(r'["\\<>\n]', " ", title)
    before, after = PAGE.in_(locale).split("{number}")
    look = "font: 8pt sans-serif; color: #5b6470;"
    return (
        f'@page {{ size: A4; margin: 17mm 14mm 16mm; @top-left {{ content: "{words}"; {look} }} '
        f'@bottom-right {{ content: "{before}" counter(page) "{after}"; {look} }} }}'
    )


@cache
def _exporter(folder: str, locale: Locale) -> Any:
    from nbconvert.exporters.templateexporter import TemplateExporter

    exporter: Any = TemplateExporter  # its constructor carries no annotations
    return exporter(
        template_name="cpm",
        template_file="index.html.j2",
        extra_template_basedirs=[folder],
        file_extension=".html",
        filters={"cpm_markdown": _markdown, "cpm_output": lambda output: output_html(output, locale)},
    )


def output_html(output: Mapping[str, Any], locale: Locale) -> str:
    """One output of a cell as clean HTML; empty for logs and for what has no still form."""
    kind = output.get("output_type")
    if kind == "stream":
        body = _pre(output.get("text", "")) if output.get("name") == "stdout" else ""
    elif kind == "error":
        body = _pre(f"{output.get('ename')}: {output.get('evalue')}")
    else:
        body = _richest(output.get("data", {}), locale)
    return f'<div class="out">{body}</div>' if body.strip() else ""


def _richest(data: Mapping[str, Any], locale: Locale) -> str:
    """The first form of an output that shows something without a script."""
    for mime, value in sorted(data.items(), key=lambda form: _rank(form[0])):
        still = _still(mime, value, locale)
        if _SHOWS.search(_STYLES.sub("", still)):
            return still
    return ""


def _rank(mime: str) -> int:
    return next((rank for rank, start in enumerate(FORMS) if mime.startswith(start)), len(FORMS))


def _still(mime: str, value: Any, locale: Locale) -> str:
    if mime == "text/html":
        return clean_html(_OWN_STYLES.sub("", _text(value)))
    if mime == "image/svg+xml":
        return clean_svg(_text(value))
    if mime.startswith("application/vnd.vegalite"):
        return clean_svg(draw_foreign(value))
    if mime in {"image/png", "image/jpeg"}:
        return image(_text(value), mime, CHART.in_(locale))
    if mime == "text/markdown":
        return _markdown(_text(value))
    return _pre(_text(value)) if mime == "text/plain" else ""


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _pre(text: Any) -> str:
    words = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", _text(text))
    return f"<pre>{escape(words)}</pre>" if words.strip() else ""


def _markdown(source: str) -> str:
    from mistune import html

    return clean_html(str(html(source)))


def _with_contents(html: str, locale: Locale) -> str:
    """Links to the sections, under the header."""
    found = _HEADING.findall(html)
    if len(found) < 2 or _HEADER_END not in html:
        return html
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in found)
    nav = f'<nav class="contents" aria-label="{escape(CONTENTS.in_(locale))}">{links}</nav>'
    return html.replace(_HEADER_END, _HEADER_END + nav, 1)
