"""The page as a reader opens it: in Chromium, wide, on a phone, on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser import visit


@pytest.mark.parametrize("widths", [(1280, 768), (390, 320)], ids=["screen", "phone"])
def test_needs_nothing_and_fits(browser, page: Path, widths):
    """As it is opened, and when the window gets narrower."""
    with visit(browser, page, widths[0]) as seen:
        assert seen.requests == []
        assert seen.console == []
        for unfolded in (False, True):
            if unfolded:
                seen.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            for width in widths:
                seen.page.set_viewport_size({"width": width, "height": 900})
                assert seen.overflow() <= 0, (width, unfolded)
        assert seen.requests == []
        assert seen.console == []


def test_every_sign_has_a_glyph(browser, page: Path):
    with visit(browser, page) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert seen.missing_glyphs() == []


def test_a_missing_glyph_would_be_seen(browser, tmp_path: Path):
    path = tmp_path / "odd.html"
    path.write_text('<meta charset="utf-8"><p>fine 客户 £ \U00050001</p>', encoding="utf-8")
    with visit(browser, path) as seen:
        assert seen.missing_glyphs() == ["\U00050001"]


def test_wide_tables_scroll_within_themselves_on_a_phone(browser, page: Path):
    with visit(browser, page, 390) as seen:
        wide = seen.page.evaluate(
            "[...document.querySelectorAll('.scroll')].map((e) => [e.scrollWidth, e.clientWidth])"
        )
        assert any(inner > outer for inner, outer in wide), "slices scroll"
        cards = seen.page.evaluate(
            "getComputedStyle(document.querySelector('.t-scorecard tbody tr:nth-child(2)')).display"
        )
        assert cards == "grid", "a line of the scorecard is a card"


def test_words_within_charts_are_readable_on_a_phone(browser, page: Path):
    with visit(browser, page, 390) as seen:
        heights = seen.page.evaluate(
            "[...document.querySelectorAll('figure svg text')].filter((e) => e.textContent).map((e) => e.getBoundingClientRect().height)"
        )
        assert len(heights) > 100
        assert min(heights) > 9


def test_words_within_charts_stay_within(browser, page: Path):
    """Nothing that a chart says is cut by its edge."""
    with visit(browser, page) as seen:
        outside = seen.page.evaluate(
            """[...document.querySelectorAll('figure svg')].flatMap((svg) => {
              const box = svg.getBoundingClientRect();
              return [...svg.querySelectorAll('text')].filter((text) => {
                const one = text.getBoundingClientRect();
                return one.left < box.left - 1 || one.right > box.right + 1;
              }).map((text) => text.textContent);
            })"""
        )
        assert outside == []


def test_prints_on_a4_with_all_that_is_folded(browser, page: Path):
    with visit(browser, page) as seen:
        pdf = seen.page.pdf(prefer_css_page_size=True, print_background=True)
        assert pdf.startswith(b"%PDF")
        boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
        assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}, "A4 in points"
        assert 5 <= len(boxes) <= 14
        seen.page.set_viewport_size({"width": 688, "height": 900})  # A4 less its margins
        seen.page.emulate_media(media="print")
        assert seen.overflow() <= 0, "nothing is cut at the right edge"
        folded = seen.page.evaluate("document.querySelector('details dl, details table').checkVisibility()")
        assert folded


def test_colours_have_contrast(browser, page: Path):
    """WCAG 2.1, 1.4.3: 4.5 to 1, of every word outside the charts against the paper."""
    with visit(browser, page) as seen:
        pairs = seen.page.evaluate(
            """[...new Set([...document.querySelectorAll('main *')].filter((e) => !e.closest('svg')
              && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
              .map((e) => getComputedStyle(e).color))]"""
        )
        paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert len(pairs) >= 5
    assert [one for one in pairs if _contrast(one, paper) < 4.5] == []


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
