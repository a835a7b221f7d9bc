"""A mail's HTML: tables and styles within elements, as mail programs since Outlook 2007 draw them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from cpm_core.api import Figure, Run
from cpm_core.builtin.publishers import _words as words
from cpm_core.builtin.publishers.mail.charts import WIDTH

LANG = {"en": "en", "zh": "zh-CN"}
PAPER = "#f2efe9"
NOTES = 8
"""Reasons, or things that are missing, that are told; more are counted."""

# Outlook on Windows draws with Word: pictures at the screen's size, and no wider than this.
_OFFICE = (
    "<!--[if mso]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch>"
    "</o:OfficeDocumentSettings></xml><![endif]-->"
)
_NARROW = '<!--[if mso]><table role="presentation" width="600" align="center" cellpadding="0" cellspacing="0"><tr><td><![endif]-->'
_END = "<!--[if mso]></td></tr></table><![endif]-->"


def page(run: Run, options: Any, drawn: Sequence[str] = (), unattached: str = "") -> str:
    """The whole HTML.

    Args:
        run: What is told.
        options: `MailOptions`.
        drawn: KPIs of which there is a chart; the first is `cid:chart0`.
        unattached: Why the workbook is not attached, in words; empty if it is, or if there is none.
    """
    import css_inline

    figures = words.chosen(run, options.figures)
    parts = [
        _top(run, words.head(run, options.subject)),
        _reasons(run),
        _table(run, figures),
        _charts([(drawn.index(figure.kpi), figure) for figure in figures if figure.kpi in drawn]),
        _notes(run, unattached),
        _link(run),
        _foot(run),
    ]
    rows = "".join(f"<tr>{part}</tr>" for part in parts if part)
    sheet = files(__package__ or "").joinpath("mail.css").read_text(encoding="utf-8")
    html = (
        f'<!DOCTYPE html><html lang="{LANG[run.locale]}" xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(words.head(run, options.subject))}</title>{_OFFICE}<style>{sheet}</style></head>"
        f'<body bgcolor="{PAPER}"><div class="hidden">{escape(words.lead(run))}</div>'
        f'<table role="presentation" width="100%" bgcolor="{PAPER}" cellpadding="0" cellspacing="0"><tr>'
        f'<td align="center">{_NARROW}<table role="presentation" class="sheet" width="100%" bgcolor="#ffffff" '
        f'align="center" cellpadding="0" cellspacing="0">{rows}</table>{_END}</td></tr></table></body></html>'
    )
    return str(css_inline.CSSInliner(load_remote_stylesheets=False).inline(html))


def _top(run: Run, head: str) -> str:
    day = words.say(words.AS_OF, run, day=words.day(run))
    lead = words.lead(run)
    return (
        f'<td class="top {run.state}" align="left"><p class="period">{escape(day)}</p><h1>{escape(head)}</h1>'
        + (f'<p class="lead">{escape(lead)}</p>' if lead else "")
        + "</td>"
    )


def _reasons(run: Run) -> str:
    lines = "".join(f'<p class="wrong">{escape(one)}</p>' for one in words.bullets(run.problems, NOTES, run))
    return f'<td class="part" align="left"><h2>{escape(words.say(words.WHY, run))}</h2>{lines}</td>' if lines else ""


def _table(run: Run, figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    heads = "".join(
        f'<th align="{side}"{kind}>{escape(words.say(title, run))}</th>'
        for title, side, kind in (
            (words.FIGURE, "left", ' class="name"'),
            (words.VALUE, "right", ' class="number"'),
            (words.CHANGE, "right", ' class="number"'),
        )
    )
    rows = "".join(_figure(run, figure) for figure in figures)
    left = len(run.figures) - len(figures)
    more = f'<p class="more">{escape(words.say(words.MORE, run, n=left))}</p>' if left else ""
    return (
        '<td class="part" align="left"><table class="figures" width="100%" cellpadding="0" cellspacing="0">'
        f"<tr>{heads}</tr>{rows}</table>{more}</td>"
    )


def _figure(run: Run, figure: Figure) -> str:
    told = words.marks(figure, run)
    kind = "mark missed" if figure.status == "missed" else "mark calls" if figure.calls else "mark"
    mark = f'<span class="{kind}">{escape(told)}</span>' if told else ""
    mood = figure.mood if figure.mood != "flat" else ""
    return (
        f'<tr><td align="left" class="name">{escape(figure.title)}{mark}</td>'
        f'<td align="right" class="number"><b>{escape(figure.value)}</b></td>'
        f'<td align="right" class="number {mood}">{escape(figure.change)}</td></tr>'
    )


def _charts(figures: Sequence[tuple[int, Figure]]) -> str:
    """Two a row."""
    cells = [_chart(place, figure) for place, figure in figures]
    pairs = (cells[first : first + 2] for first in range(0, len(cells), 2))
    # Side by side where there is room: Word knows cells alone, phones put blocks below each other.
    rows = "".join(f"<!--[if mso]><tr><![endif]-->{''.join(pair)}<!--[if mso]></tr><![endif]-->" for pair in pairs)
    table = (
        f'<!--[if mso]><table role="presentation" cellpadding="0"><![endif]-->{rows}<!--[if mso]></table><![endif]-->'
    )
    return f'<td class="part" align="left">{table}</td>' if rows else ""


def _chart(place: int, figure: Figure) -> str:
    label = f"{figure.title}: {figure.value}"
    return (
        f'<!--[if mso]><td width="{WIDTH}" valign="top"><![endif]--><div class="chart">{escape(label)}'
        f'<img src="cid:chart{place}" width="{WIDTH}" alt="{escape(label)}"></div><!--[if mso]></td><![endif]-->'
    )


def _notes(run: Run, unattached: str) -> str:
    lines = [f'<p class="note">{escape(unattached)}</p>'] if unattached else []
    if run.degraded:
        lines.append(f"<h2>{escape(words.say(words.DEGRADED, run))}</h2>")
        lines += [f'<p class="note">{escape(one)}</p>' for one in words.bullets(run.degraded, NOTES, run)]
    return f'<td class="part" align="left">{"".join(lines)}</td>' if lines else ""


def _link(run: Run) -> str:
    if not run.link:
        return ""
    label = words.say(words.OPEN if run.state != "failed" else words.OPEN_ALL, run)
    return (
        '<td class="part" align="left"><table role="presentation" cellpadding="0" cellspacing="0"><tr>'
        f'<td class="button" bgcolor="#0072b2"><a href="{escape(run.link)}">{escape(label)}</a></td></tr></table></td>'
    )


def _foot(run: Run) -> str:
    return (
        f'<td class="foot" align="left">{escape(run.report or run.workbook)} · {escape(run.id or str(run.as_of))}</td>'
    )
