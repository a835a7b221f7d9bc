"""Take the picture of a report that the README shows: `screenshot.py reports/online_retail/latest/report.html`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 1000
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main(page: str, target: str = "docs/images/report.png") -> None:
    """Open the page in Chromium and keep what stands at its top."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(Path(page).resolve().as_uri())
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
