"""Take the README's picture: the top of a published page in Chromium, in print quality but small enough for a README."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "reports" / "online_retail" / "latest" / "report.html"
IMAGE = ROOT / "docs" / "images" / "report.png"
MOST = 300_000
"""Bytes that the picture may take."""
SCALE = 1.5
"""Pixels of the picture a pixel of the page: letters stay crisp where the picture is shown smaller or larger."""


def screenshot(page: Path, image: Path, width: int, height: int) -> int:
    """Save the top of a page as PNG; returns the picture's bytes."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        tab = chromium.new_page(viewport={"width": width, "height": height}, device_scale_factor=SCALE)
        tab.goto(page.resolve().as_uri())
        tab.wait_for_load_state("networkidle")
        image.parent.mkdir(parents=True, exist_ok=True)
        taken = tab.screenshot(path=image)
        chromium.close()
    return len(taken)


def main() -> None:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, default=PAGE, help="a published report.html")
    parser.add_argument("image", nargs="?", type=Path, default=IMAGE, help="the PNG to write")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    given = parser.parse_args()
    if not given.page.is_file():
        parser.error(f"there is no {given.page}; make a report first: make report")
    size = screenshot(given.page, given.image, given.width, given.height)
    if size > MOST:
        parser.error(f"the picture takes {size:,} bytes, and may take {MOST:,}: choose a smaller height")
    print(f"{given.image}: {size:,} bytes")


if __name__ == "__main__":
    main()
