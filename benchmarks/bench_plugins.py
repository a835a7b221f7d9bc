"""`cpm plugins check` of a scaffolded KPI, against `python -c "import ibis, duckdb"`, as whole processes.

The tiny book is kept beforehand, as it is after the first check of a version. `--write` puts the table into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from contest import timed
from report import Line, shown, write

ROUNDS = 15
LIMIT = 4.0
CPM = Path(sys.executable).parent / "cpm"
IMPORT = [sys.executable, "-c", "import ibis, duckdb"]


def done(command: list[str], folder: Path) -> None:
    """Run a command, which must succeed."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "0"})


def measured(folder: Path) -> list[Line]:
    """The check and the import in turns, after one of each."""
    (folder / "params").mkdir()
    done([str(CPM), "plugins", "new", "kpi", "repeat_buyers"], folder)
    check = [str(CPM), "plugins", "check", "plugins/repeat_buyers.py"]
    contenders = {"import": partial(done, IMPORT, folder), "check": partial(done, check, folder)}
    for run in contenders.values():
        run()
    seconds = timed(contenders, ROUNDS)
    ratio = seconds["check"] / seconds["import"]
    return [
        Line('`python -c "import ibis, duckdb"`', seconds["import"]),
        Line("`cpm plugins check` of a scaffolded KPI", seconds["check"], ratio, at_most=LIMIT),
    ]


def main() -> int:
    """Print the table; 1 if the limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = measured(Path(folder))
    print(shown(lines))
    if chosen.write:
        write(lines, "plugins", 1, "KPI")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
