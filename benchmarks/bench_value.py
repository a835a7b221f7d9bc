"""BG/NBD of a million customers, fitted and predicted, against lifetimes; and of ten times as many.

`--customers N` takes another number; `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import histories
import numpy as np
from contest import HERE, Peer, timed
from report import Line, shown, write

from cpm_core.customers.models import Fit, History, expected_orders, fit_bgnbd

ROUNDS = 5
YEAR = 365.0
DATA = {
    "demo": ("the demo's customers, in days", YEAR, 20.0),
    "cdnow": ("CDNOW's sample over and over, in weeks", YEAR / 7, 50.0),
}
"""What it is, the next 12 months in its unit of time, and how much faster than lifetimes it must be."""


def ours(columns: histories.Columns, ahead: float) -> tuple[Fit, np.ndarray]:
    """What is timed: merge, fit, predict each customer's orders."""
    history = History.of(columns["x"], columns["t_x"], columns["T"])
    fit = fit_bgnbd(history)
    return fit, expected_orders(fit, history, ahead)


def seconds_of(columns: histories.Columns, ahead: float) -> float:
    """Median of some rounds."""
    return timed({"ours": lambda: ours(columns, ahead)}, ROUNDS)["ours"]


def theirs(folder: Path, ahead: float) -> tuple[float, Fit, np.ndarray]:
    """Seconds of the peer's fit and prediction, what it fitted, and what it predicted."""
    peer = Peer(HERE / "lifetimes" / "fit.py", str(folder), str(ahead))
    start = time.perf_counter()
    values = peer()
    seconds = time.perf_counter() - start
    (log_likelihood,) = peer()
    peer.close()
    fit = Fit("bg_nbd", ("r", "alpha", "a", "b"), np.array(values), np.zeros((4, 4)), log_likelihood, 0)
    return seconds, fit, np.load(folder / "predicted.npy")


def agree(columns: histories.Columns, ahead: float, fit: Fit, predicted: np.ndarray) -> float:
    """See that both found one likelihood and, at equal parameters, predict the same; the greatest difference."""
    history = History.of(columns["x"], columns["t_x"], columns["T"])
    mine = fit_bgnbd(history)
    assert abs(mine.log_likelihood / fit.log_likelihood - 1) < 1e-6, (mine.log_likelihood, fit.log_likelihood)
    at_theirs = expected_orders(replace(mine, values=fit.values), history, ahead)
    worst = float(np.abs(at_theirs / predicted - 1).max())
    assert worst < 1e-6, worst
    return worst


def against_lifetimes(customers: int, place: Path) -> list[Line]:
    """The two sets of customers, each by both."""
    lines = []
    for name, (title, ahead, faster) in DATA.items():
        columns = getattr(histories, name)(customers)
        folder = histories.save(columns, place / name)
        seconds, fit, predicted = theirs(folder, ahead)
        agree(columns, ahead, fit, predicted)
        mine = seconds_of(columns, ahead)
        lines.append(Line(f"BG/NBD of {len(predicted):,} customers, fit and 12 months: {title}", mine))
        lines.append(Line("the same in lifetimes", seconds, seconds / mine, at_least=faster))
    return lines


def growth(customers: int, place: Path) -> list[Line]:
    """Time and memory of a process that has these customers and ten times as many."""
    lines, before = [], math.nan
    for size in (customers, 10 * customers):
        folder = histories.save(histories.demo(size), place / str(size))
        command = [sys.executable, str(Path(__file__)), "--alone", str(folder)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        seconds, peak = answer["seconds"], answer["peak"]
        what = f"{answer['customers']:,} customers of the demo, in a process of their own"
        more = {} if math.isnan(before) else {"ratio": seconds / before, "at_most": 8.0}
        lines.append(Line(what, seconds, **more))
        before = seconds
    return [*lines, Line("most memory, GiB", math.nan, peak, at_most=4.0)]


def alone(folder: Path) -> None:
    """What `growth` asks of another process."""
    columns = histories.load(folder)
    seconds = seconds_of(columns, YEAR)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"customers": len(columns["x"]), "seconds": seconds, "peak": peak}))


def main() -> int:
    """Print the table; 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        alone(chosen.alone)
        return 0
    with tempfile.TemporaryDirectory() as place:
        lines = against_lifetimes(chosen.customers, Path(place)) + growth(chosen.customers, Path(place))
    print(shown(lines))
    if chosen.write:
        write(lines, "value", chosen.customers, "customers")
    return 0 if all(line.kept for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
