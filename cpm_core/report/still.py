"""Altair charts that show themselves without asking anything of the internet.

Marks and channels are plain dictionaries: Altair copies and checks each of its own objects, with a
hundred empty fields, at each step of building a chart, which takes longer than drawing it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from cpm_core.report import palette
from cpm_core.report.svg import CONFIG, to_svg

VEGALITE = "application/vnd.vegalite.v5+json"
"""The form that JupyterLab draws by itself: it fetches no library for it, as Altair's own way does."""
LOOK = {key: look for key, look in CONFIG.items() if key != "autosize"} | {"background": palette.PAPER}
"""The house style, with room made for axes and titles."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


class Still:
    """Shows itself as it is, in the lab and in a page."""

    def _repr_mimebundle_(self: Any, *_: Any, **__: Any) -> dict[str, Any]:
        spec = self.to_dict()
        title = spec.get("title", "")
        label = str(title["text"] if isinstance(title, dict) else title)
        image = sized(to_svg(spec, label, spec["config"]))
        return {VEGALITE: {**spec, "$schema": _SCHEMA}, "image/svg+xml": image, "text/plain": label}


def layer(rows: Sequence[Mapping[str, Any]], mark: Any, encoding: dict[str, Any]) -> alt.Chart:
    """One layer of a chart: its data, mark and channels."""
    # Data as a frame: plain rows too would be copied again and again.
    made: alt.Chart = alt.Chart(pd.DataFrame(list(rows)), mark=mark, encoding=alt.FacetedEncoding(**encoding))
    return made


def heading(title: str, subtitle: str) -> dict[str, Any]:
    """A chart's title, and below it what is shown and what the marks mean."""
    return {
        "text": title,
        "subtitle": subtitle,
        "anchor": "start",
        "frame": "group",
        "fontSize": 15,
        "color": palette.INK,
        "offset": 12,
        "subtitleColor": palette.MUTED,
        "subtitlePadding": 4,
    }


def axis_words(values: Sequence[float], words: Sequence[str]) -> str:
    """A Vega expression: the word of each value."""
    return f"{json.dumps(list(words), ensure_ascii=False)}[indexof({json.dumps(list(values))}, datum.value)]"


def sized(image: str) -> str:
    """The image at its own size, or as wide as there is room."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)', image)
    width = found[1] if found else "660"
    return image.replace("<svg ", f'<svg width="{width}" style="max-width: 100%; height: auto" ', 1)
