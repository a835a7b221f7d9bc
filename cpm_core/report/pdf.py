"""report.pdf: the page as Chromium prints it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from cpm_core.model.errors import RunError, UsageError

CHOSEN = "CPM_CHROMIUM"
"""Environment variable: the browser to print with."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
QUIET = (
    "--headless --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --no-pdf-header-footer"
).split()
SECONDS = 120.0
"""In which a page must be printed."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""What of the environment the browser sees: nothing that may hold a secret."""


def browser() -> str:
    """The browser's program.

    Raises:
        UsageError: There is none.
    """
    chosen = os.environ.get(CHOSEN)
    found = shutil.which(chosen) if chosen else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and not chosen:
        found = next((place for place in PLACES if Path(place).is_file()), None)
    if found is None:
        what = (
            f"{CHOSEN} names {chosen!r}, which is no program" if chosen else "there is no Chromium to print a PDF with"
        )
        fix = f"Install Chromium or Chrome, name its program in {CHOSEN}, or take `pdf` out of `report.formats`."
        raise UsageError(what, where="report.formats", fix=fix)
    return found


def print_pdf(page: Path, target: Path, seconds: float = SECONDS) -> None:
    """Print an HTML file that needs nothing else as a PDF.

    Args:
        page: The file.
        target: The PDF, which is written anew.
        seconds: After which the browser is ended.

    Raises:
        UsageError: There is no browser.
        RunError: It did not print, or not in time.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="cpm-pdf-") as home:
        # As root a browser has no sandbox; the page is our own and asks for nothing.
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        line = [program, *QUIET, *root, f"--user-data-dir={home}/profile", f"--print-to-pdf={target}"]
        said = _run([*line, page.resolve().as_uri()], home, seconds)
    if not target.is_file() or not target.stat().st_size:
        last = (said.strip().splitlines() or ["it said nothing"])[-1]
        raise RunError(f"the PDF could not be printed: {last[:300]}", where=program)


def _run(line: list[str], home: str, seconds: float) -> str:
    """Run the browser with all that it starts; returns what it said."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"HOME": home}
    process = subprocess.Popen(  # noqa: S603  # the browser that the machine or its owner named
        line,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        raise RunError(f"the PDF was not printed within {seconds:g} seconds", where=line[0]) from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
