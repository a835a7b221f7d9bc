"""The marks of a trend chart, placed by hand: a plot of 275 by 138 pixels behind margins of 46 and 4."""

import xml.etree.ElementTree as ET

import pytest

from cpm_core.report.trend_svg import Plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn():
    """Eleven periods from 0 to 10, so that the plot is 10.8 periods wide; the axis from 0 to 10."""
    row = {"x": 5, "y": 5.0, "run": 1}
    plot = Plot(
        low=0.0,
        high=10.0,
        count=11,
        ticks=[(0.0, "0"), (10.0, "10 & more")],
        places=[(5, "June")],
        targets=[],
        events=[2.3],
        band=[{**row, "x": x, "low": 2.5} for x in (0, 5)],
        solid=[
            {**row, "x": 0},
            {**row, "x": 10, "y": 10.0},
            {"x": 3, "y": 0.0, "run": 2},
            {"x": 4, "y": 5.0, "run": 2},
        ],
        dashed=[],
        points=[{"x": 5, "y": 5.0, "fill": "#fff", "stroke": "#000"}],
        names=[{"x": 5, "text": "<A>", "align": "left", "dx": 4, "dy": 5}],
    )
    return ET.fromstring(plot.svg('Revenue "total"'))


def test_marks_stand_where_the_axes_say(drawn):
    assert drawn.get("viewBox") == "0 0 346 166"
    assert drawn.get("aria-label") == 'Revenue "total"'
    assert drawn[0].get("transform") == "translate(46,4)"
    paths = [one.get("d") for one in drawn.iter(f"{SVG}path")]
    assert paths[:2] == ["M0,138.5H275M0,0.5H275", "M0,138.5H275M138.5,138v4"]
    # (2.3 + 0.4) / 10.8 * 275 = 68.75; the middle of the axis is at 69, period 0 at 10.19, period 10 at 264.81.
    assert paths[2] == "M68.75,0V138"
    assert paths[3] == "M10.19,69L137.5,69L137.5,103.5L10.19,103.5Z"
    assert paths[4:] == ["M10.19,69L264.81,0", "M86.57,138L112.04,69"]
    (point,) = drawn.iter(f"{SVG}circle")
    assert (point.get("cx"), point.get("cy")) == ("137.5", "69")


def test_words_are_escaped_and_stand_beside_their_marks(drawn):
    words = [(one.text, one.get("x"), one.get("y"), one.get("text-anchor")) for one in drawn.iter(f"{SVG}text")]
    assert words == [
        ("0", "-4", "141.3", "end"),
        ("10 & more", "-4", "3.3", "end"),
        ("June", "137.5", "154.69", "middle"),
        ("<A>", "141.5", "8.15", "start"),
    ]
