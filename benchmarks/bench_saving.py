"""Saving a notebook while it runs: with the engine `cpm`, and with papermill's own, for few cells and for many.

Each cell shows 50 kB. What is timed is the saving alone; papermill saves twice a cell, all that there is by then.
`--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill import engines, execute
from report import Line, shown, write

from cpm_core.runs.engine.saving import Output

FEW, MANY = 25, 100
ROUNDS = 3
GROWTH = 2 * MANY / FEW
"""At most: four times the cells hold four times as much."""
LEAST = 10
CELL = "print('x' * 50_000)"


@contextmanager
def timed(owner: Any, name: str, spent: list[float]) -> Iterator[None]:
    """Add up the seconds that a function takes."""
    before: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(before)
    def around(*given: Any) -> Any:
        begun = time.perf_counter()
        try:
            return before(*given)
        finally:
            spent.append(time.perf_counter() - begun)

    setattr(owner, name, around)
    try:
        yield
    finally:
        setattr(owner, name, before)


def saving(engine: str | None, cells: int, folder: Path) -> float:
    """Seconds of saving in one run."""
    path = folder / "n.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [nbformat.v4.new_code_cell(CELL) for _ in range(cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    spent: list[float] = []
    with timed(Output, "save", spent), timed(engines, "write_ipynb", spent), timed(execute, "write_ipynb", spent):
        papermill.execute_notebook(path, folder / "out.ipynb", engine_name=engine, progress_bar=False)
    return sum(spent)


def measured(rounds: int) -> list[Line]:
    """All in turns."""
    contenders = [(engine, cells) for engine in ("cpm", None) for cells in (FEW, MANY)]
    seconds: dict[tuple[str | None, int], list[float]] = {one: [] for one in contenders}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for one in contenders:
                seconds[one].append(saving(*one, Path(folder)))
    median = {one: statistics.median(found) for one, found in seconds.items()}
    few, many, stock_few, stock = (median[one] for one in contenders)
    return [
        Line(f"saving {FEW} cells", few),
        Line(f"saving {MANY} cells", many, many / few, at_most=GROWTH),
        Line(f"papermill's engine, {FEW} cells", stock_few),
        Line(f"papermill's engine, {MANY} cells", stock, stock / stock_few),
        Line(f"papermill's engine against ours, {MANY} cells", stock, stock / many, at_least=LEAST),
    ]


def main() -> int:
    """Print the table; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines = measured(chosen.rounds)
    print(shown(lines))
    if chosen.write:
        write(lines, "saving", chosen.rounds, "rounds")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
