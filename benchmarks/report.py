"""The table of a benchmark, printed and kept in docs/performance.md."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PACKAGES = ("duckdb", "ibis-framework", "pandas", "pyarrow", "numpy")


@dataclass(frozen=True)
class Line:
    """What was timed; a ratio may have a limit."""

    what: str
    seconds: float
    ratio: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the ratio is within its limit."""
        ratio = math.nan if self.ratio is None else self.ratio
        high = math.inf if self.at_most is None else self.at_most
        low = -math.inf if self.at_least is None else self.at_least
        return self.ratio is None or low <= ratio <= high

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """As they are shown: what, seconds, ratio, limit."""
        limit = f"≤ {self.at_most:g}" if self.at_most else f"≥ {self.at_least:g}" if self.at_least else ""
        missed = "" if self.kept else " (missed)"
        seconds = "" if math.isnan(self.seconds) else f"{self.seconds:.2f}"
        return self.what, seconds, "" if self.ratio is None else f"{self.ratio:.2f}", limit + missed


def shown(lines: list[Line]) -> str:
    """A Markdown table."""
    head = ("| what | seconds | ratio | limit |", "|---|---|---|---|")
    return "\n".join([*head, *(f"| {' | '.join(line.cells)} |" for line in lines)])


def machine() -> str:
    """Processor, cores, memory, and versions of what did the work."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", info)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    chip = model[1] if model else platform.processor()
    return f"{chip}, {os.cpu_count()} cores, {memory:.0f} GiB; Python {platform.python_version()}, {versions}."


def write(lines: list[Line], part: str, rows: int, of: str = "orders") -> None:
    """Put a table and the machine into their part of the page, between its marks."""
    text = f"{rows:,} {of}. {machine()}\n\n{shown(lines)}\n"
    page = PAGE.read_text(encoding="utf-8")
    marks = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    start, end = page.index(marks[0]) + len(marks[0]), page.index(marks[1])
    PAGE.write_text(page[:start] + text + page[end:], encoding="utf-8")
