"""Opening a page in headless Chromium, and what must hold of every page: a fixture and checks for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = (
    "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync"
).split()

SETTLED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))"
"""Once drawn, a tenth of a second in which a page may still ask for something; Chromium's own idle state takes half."""

MISSING_GLYPHS = """
() => {
  // A sign that no font has is drawn as that font's box: the same picture as a code point that nobody has.
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  const draw = (sign, font) => {
    pen.clearRect(0, 0, 40, 40);
    pen.font = "28px " + font;
    pen.fillText(sign, 4, 30);
    return pen.getImageData(0, 0, 40, 40).data.join();
  };
  const seen = new Map();
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement;
    if (["STYLE", "SCRIPT", "TITLE"].includes(parent.tagName)) continue;
    const font = getComputedStyle(parent).fontFamily;
    if (!seen.has(font)) seen.set(font, new Set());
    for (const sign of node.textContent) if (/\\S/.test(sign)) seen.get(font).add(sign);
  }
  const missing = [];
  for (const [font, signs] of seen) {
    const boxes = new Set(["\\u0378", "\\u{10fffd}", "\\u{1fff0}"].map((sign) => draw(sign, font)));
    for (const sign of signs) if (boxes.has(draw(sign, font))) missing.push(sign);
  }
  return missing;
}
"""


@dataclass
class Visit:
    """An open page, and what it did."""

    page: Any
    requests: list[str] = field(default_factory=list)
    """Addresses asked for, beyond the file itself and data within it."""
    console: list[str] = field(default_factory=list)
    """Messages and errors."""

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def missing_glyphs(self) -> list[str]:
        """Signs of the page's words that no font of this machine has."""
        return self.page.evaluate(MISSING_GLYPHS)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Headless Chromium, one for all tests of a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        one = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield one
        one.close()


@contextmanager
def visit(browser: Any, path: Path, width: int = 1280) -> Iterator[Visit]:
    """Open a file, noting what it asks for and says."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    seen = Visit(page)
    address = path.resolve().as_uri()
    page.on("request", lambda request: _note(seen.requests, request.url, address))
    page.on("console", lambda message: seen.console.append(message.text))
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.goto(address)
    page.evaluate(SETTLED)
    try:
        yield seen
    finally:
        page.close()


def _note(requests: list[str], url: str, address: str) -> None:
    if url.split("#", maxsplit=1)[0] != address and not url.startswith("data:"):
        requests.append(url)
