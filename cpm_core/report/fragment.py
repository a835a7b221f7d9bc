"""Pieces of HTML that show themselves: in the page, and in JupyterLab as an analyst works."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from cpm_core.model.text import Locale
from cpm_core.report import palette

LANG: dict[Locale, str] = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Fragment:
    """HTML, and the same in short as plain text for where HTML cannot be shown."""

    html: str
    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  IPython's
        return {"text/html": self.html, "text/plain": self.text}

    def __str__(self) -> str:
        return self.text


def section(name: str, title: str, body: str, locale: Locale, text: str) -> Fragment:
    """A titled part of the report under the scope of the styles."""
    html = (
        f'<section class="cpm cpm-{name}" id="cpm-{name}" lang="{LANG[locale]}">'
        f"<h2>{escape(title)}</h2>{body}</section>"
    )
    return Fragment(html, f"{title}\n{text}".rstrip())


class Notes:
    """Footnotes of one section: equal reasons share a number."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reasons: dict[str, int] = {}

    def mark(self, reason: str) -> str:
        """The superscript that leads to the reason; empty if there is none to give."""
        words = reason.strip().rstrip(".。")
        if not words:
            return ""
        number = self._reasons.setdefault(words, len(self._reasons) + 1)
        return f'<sup><a href="#cpm-{self._name}-note-{number}">{number}</a></sup>'

    def html(self) -> str:
        """The list of reasons, in order of their first mark."""
        items = (
            f'<li id="cpm-{self._name}-note-{number}">{escape(words)}</li>' for words, number in self._reasons.items()
        )
        return f'<ol class="notes">{"".join(items)}</ol>' if self._reasons else ""


_SHAPES = {
    # A disc, a square and a diamond: told apart in grey print too.
    "met": (palette.BLUE, '<circle cx="8" cy="8" r="7.5"/>', "M4.3 8.3l2.6 2.6 4.9-5.4"),
    "missed": (palette.VERMILLION, '<rect x="1" y="1" width="14" height="14" rx="2"/>', "M5 5l6 6M11 5l-6 6"),
    "close": (palette.ORANGE, '<path d="M8 0l8 8-8 8-8-8z"/>', "M5 8h6"),
}


def icon(status: str) -> str:
    """The symbol of a status (`met`, `missed`, `close`), drawn, so that no font needs to have it."""
    colour, shape, stroke = _SHAPES[status]
    line = palette.INK if status == "close" else "#fff"
    return (
        f'<svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><g fill="{colour}">{shape}</g>'
        f'<path d="{stroke}" fill="none" stroke="{line}" stroke-width="1.8" stroke-linecap="round"/></svg>'
    )


def triangle(up: bool) -> str:
    """A small triangle that points up or down, in the colour of the words around it."""
    points = "0,8 4.5,0 9,8" if up else "0,0 9,0 4.5,8"
    return (
        f'<svg class="tri" viewBox="0 0 9 8" width="9" height="8" aria-hidden="true"><polygon points="{points}"/></svg>'
    )
