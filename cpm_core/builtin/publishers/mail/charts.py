"""Small charts of figures over time, as PNG: mail programs draw no SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cpm_core.api import Figure

WIDTH, HEIGHT = 276, 120
"""Pixels of a chart as it is shown; it is drawn with twice as many."""
FEWEST = 3
"""Periods with a value: fewer make no line."""
INK, MUTED, GRID, LINE = "#1d232b", "#5b6470", "#e8e5de", "#0072B2"


def charts(folder: Path, figures: Sequence[Figure]) -> dict[str, bytes]:
    """A PNG by KPI, of those that have a history in the published `facts.parquet`."""
    histories = _histories(folder / "facts.parquet", [figure.kpi for figure in figures])
    return {figure.kpi: _draw(histories[figure.kpi], figure.unit) for figure in figures if figure.kpi in histories}


def _histories(path: Path, kpis: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    import pandas as pd

    columns = ["kpi", "period", "period_start", "value", "complete", "slice"]
    try:
        facts = pd.read_parquet(path, columns=columns)
    except (OSError, ValueError, KeyError):  # a mail without charts is better than none
        return {}
    facts = facts[(facts["slice"] == "") & facts["value"].notna()].sort_values("period_start")
    by_kpi = {kpi: facts[facts["kpi"] == kpi] for kpi in kpis}
    return {
        kpi: [
            {"period": str(period), "value": float(value), "open": not complete}
            for period, value, complete in frame[["period", "value", "complete"]].itertuples(index=False, name=None)
        ]
        for kpi, frame in by_kpi.items()
        if len(frame) >= FEWEST
    }


def _draw(points: list[dict[str, Any]], unit: str) -> bytes:
    import vl_convert

    points[-1]["last"] = True
    count = len(points)
    # Some labels, the last period's among them: all would run into each other.
    every = max(1, -(-count // 4))
    shown = [point["period"] for place, point in enumerate(points) if (count - 1 - place) % every == 0]
    x = {
        "field": "period",
        "type": "ordinal",
        "sort": None,
        "axis": {"title": None, "values": shown, "labelAngle": 0, "grid": False, "labelOverlap": "greedy"},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": unit in ("money", "count"), "nice": True},
        "axis": {"title": None, "tickCount": 3, "format": ".0%" if unit == "percent" else "~s", "domain": False},
    }
    ends = {"transform": [{"filter": "datum.last || datum.open"}]}
    fill = {"condition": {"test": "datum.open", "value": "#ffffff"}, "value": LINE}
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 6,
        "background": "#ffffff",
        "data": {"values": points},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "line", "color": LINE, "strokeWidth": 2}},
            {**ends, "mark": {"type": "point", "size": 40, "stroke": LINE, "opacity": 1}, "encoding": {"fill": fill}},
        ],
        "config": {
            "font": "Arial, Helvetica, sans-serif",
            "view": {"stroke": None},
            "axis": {
                "labelColor": MUTED,
                "gridColor": GRID,
                "tickColor": GRID,
                "domainColor": GRID,
                "labelFontSize": 11,
            },
        },
    }
    return bytes(vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[]))
