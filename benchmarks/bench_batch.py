"""Twelve scorecards of the demo, one a district: `cpm run --grid` against twelve `papermill` commands one after another.

papermill runs the same notebook on the same data, each time in a stock kernel, and writes the notebook alone; `cpm run`
writes the page and the workbook too. Both must show the same figures. `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import Line, shown, write

HOME = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DISTRICTS = [f"{region}-{number}" for region in ("North", "South", "East", "West") for number in (1, 2, 3)]
LIMIT = 1 / 6
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def project(folder: Path) -> None:
    """What both work on: the demo's params, and the notebook."""
    for name in ("params", "notebooks", "plugins"):
        shutil.copytree(HOME / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def with_papermill(folder: Path) -> float:
    """Seconds of one command a district, one after another."""
    begun = time.perf_counter()
    for name in DISTRICTS:
        said = json.dumps({"overrides": {"only.district": name}})
        line = [BIN / "papermill", "notebooks/scorecard.ipynb", f"{name}.ipynb", "-p", "params", "params/demo.yaml"]
        subprocess.run([*line, "-y", said, "--no-progress-bar"], cwd=folder, check=True, **QUIET)
    return time.perf_counter() - begun


def with_cpm(folder: Path) -> float:
    """Seconds of one command for all."""
    begun = time.perf_counter()
    line = [BIN / "cpm", "run", "params/demo.yaml", "--grid", f"district={','.join(DISTRICTS)}"]
    subprocess.run(line, cwd=folder, check=True, **QUIET)
    return time.perf_counter() - begun


def figures(notebook: Path) -> str:
    """What the notebook's last cell printed."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "".join("".join(output.get("text", "")) for output in cells[-1]["outputs"])


def same(folder: Path) -> None:
    """See that both made the same, and that the page and the workbook are there."""
    for name in DISTRICTS:
        run = folder / "reports" / "demo" / f"district={name}" / "latest"
        assert (run / "report.html").stat().st_size > 100_000, name
        assert (run / "workbook.xlsx").stat().st_size > 100_000, name
        ours, theirs = figures(run / "report.ipynb"), figures(folder / f"{name}.ipynb")
        assert ours, name
        assert ours == theirs, name


def main() -> int:
    """Print the table; 1 if the limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    os.environ.pop("CPM_STRICT", None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        ours = with_cpm(folder)
        theirs = with_papermill(folder)
        same(folder)
    lines = [
        Line(f"{len(DISTRICTS)} `papermill` commands, stock kernels", theirs),
        Line("`cpm run --grid district=…`, page and workbook included", ours, ours / theirs, at_most=LIMIT),
    ]
    print(shown(lines))
    if chosen.write:
        write(lines, "batch", len(DISTRICTS), "reports")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
