"""Altair charts as small inline SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from cpm_core.report import palette

CONFIG: dict[str, Any] = {
    "aria": False,  # the figure as a whole is labelled; a label for every mark would triple the page
    "background": None,
    "font": "Arial",  # what widths are measured with: one plain font is four times as fast as the stack
    "autosize": {"type": "none"},
    "view": {"stroke": None},
    "axis": {
        "labelColor": palette.MUTED,
        "labelFontSize": 11,
        "titleColor": palette.MUTED,
        "domainColor": palette.FAINT,
        "gridColor": palette.GRID,
        "tickColor": palette.FAINT,
        "labelPadding": 4,
    },
}
_NOISE = re.compile(r' (?:class|role|pointer-events|aria-[a-z]+)="[^"]*"| stroke-miterlimit="10"| xmlns:xlink="[^"]*"')
_HOLLOW = re.compile(r'<path(?: aria-hidden="true")? d="M0,0h\d+v\d+h0Z"/>|<path d="M0,0h0v0h0Z"/>|<g></g>|<g/>')
_ROOT = re.compile(r'<svg [^>]*?viewBox="([^"]+)">')


def to_svg(spec: Mapping[str, Any], label: str, config: Mapping[str, Any] = CONFIG) -> str:
    """A Vega-Lite chart as an SVG that scales with its place, with ``label`` for who cannot see it."""
    import vl_convert

    svg = _NOISE.sub("", vl_convert.vegalite_to_svg({**spec, "config": config}, allowed_base_urls=[]))
    while (less := _HOLLOW.sub("", svg)) != svg:
        svg = less
    svg = svg.replace('font-family="Arial"', f'font-family="{escape(palette.SANS)}"')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="\\1" role="img" aria-label="{escape(label)}">'
    return _ROOT.sub(lambda match: head.replace("\\1", match[1]), svg, count=1)


def draw_foreign(spec: Mapping[str, Any]) -> str:
    """A chart that a notebook made with Altair, as SVG in its own looks; data at an address are not fetched."""
    import vl_convert

    try:
        return str(vl_convert.vegalite_to_svg(dict(spec), allowed_base_urls=[]))
    except ValueError:  # not drawable here: the page takes the output's next form
        return ""
