"""The top of the report: what it is, of when, in what."""

from __future__ import annotations

from html import escape

from cpm_core.model.text import Text
from cpm_core.report import format as fmt
from cpm_core.report import only
from cpm_core.report.fragment import LANG, Fragment
from cpm_core.report.inputs import ReportData
from cpm_core.report.plugins import notice

AS_OF = Text(en="as of {day}", zh="截至{day}")
MONEY = Text(en="money in {currency}", zh="货币单位{currency}")
ZONE = Text(en="days in {zone}", zh="时区{zone}")
SINCE = Text(en="data since {day}", zh="数据自{day}起")


def render(data: ReportData) -> Fragment:
    """Title, period and as-of day, and the plugins that could not be loaded."""
    locale, settings = data.locale, data.settings
    period = fmt.period(data.period.label, locale)
    facts = [AS_OF.in_(locale).format(day=fmt.day(settings.as_of, locale))]
    if data.only:
        facts.insert(0, only.HEAD.in_(locale).format(what=only.words(data.only, locale)))
    if data.currency:
        facts.append(MONEY.in_(locale).format(currency=data.currency))
    facts.append(ZONE.in_(locale).format(zone=settings.timezone))
    if settings.since:
        facts.append(SINCE.in_(locale).format(day=fmt.day(settings.since, locale)))
    out, out_words = notice(data.provenance, locale)
    title = data.title.in_(locale)
    line = (" · ").join(facts)
    html = (
        f'<header class="cpm cpm-header" id="cpm-header" lang="{LANG[locale]}"><p class="eyebrow">{escape(data.workbook)}</p>'
        f'<h1>{escape(title)}</h1><p class="deck"><strong>{escape(period[0].upper() + period[1:])}</strong>'
        f"<span>{escape(line)}</span></p>{out}</header>"
    )
    return Fragment(html, "\n".join(filter(None, (f"{title}, {period} ({line})", out_words))))
