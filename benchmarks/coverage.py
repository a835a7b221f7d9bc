"""How often 95 % intervals hold the truth: samples of rows, through the functions that make the facts.

`python benchmarks/coverage.py --write` puts the table into docs/intervals.md; a test holds the page to it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cpm_core.measure.cells import of_frame
from cpm_core.measure.figures import figures
from cpm_core.model.measures import Mean, Measure, Quantile, Ratio
from cpm_core.model.settings import Settings

Array = NDArray[np.float64]
PAGE = Path(__file__).resolve().parent.parent / "docs" / "intervals.md"
SAMPLES, ROWS, SEED = 2000, 400, 20240229
CUSTOMERS, ANSWERS, CORRELATION = 200, 3, 0.5
SETTINGS = Settings(as_of=date(2024, 12, 31))

_TABLE = ibis.table({"a": "boolean", "b": "boolean", "x": "float64", "y": "float64"}, name="sample")
SHARE = Ratio(_TABLE.a, _TABLE.b)
SUMS = Ratio(_TABLE.x, _TABLE.y)
MEAN = Mean(_TABLE.x)
NPS = Mean(_TABLE.x, interval="nps")
MEDIAN = Quantile(_TABLE.x, event=_TABLE.a)


@dataclass(frozen=True)
class Case:
    """One kind of interval on one kind of rows.

    Attributes:
        what: The measure and its rows, in words.
        measure: Says which interval it is.
        truth: What the interval should hold.
        draw: Makes samples by rows: the summed parts of each sample, as an engine gives them.
        hard: Printed as it is, held to nothing.
    """

    what: str
    measure: Measure
    truth: float
    draw: Callable[[np.random.Generator], pd.DataFrame]
    hard: bool = False

    def coverage(self) -> float:
        """The share of samples whose interval holds the truth; a limit that there is none of holds it."""
        random = np.random.default_rng([SEED, *self.what.encode()])
        found = figures(self.measure, of_frame(self.draw(random)), SETTINGS).numbers
        low, high = np.nan_to_num(found["low"], nan=-np.inf), np.nan_to_num(found["high"], nan=np.inf)
        return float(((low <= self.truth) & (self.truth <= high)).mean())


def _summed(num: Array, den: Array | None = None, clusters: NDArray[np.int64] | None = None) -> pd.DataFrame:
    """The parts of samples by rows: sums along each row of the arrays, and of clusters' sums if there are any."""
    den = np.ones_like(num) if den is None else den
    parts = {
        "num": num.sum(1),
        "den": den.sum(1),
        "n": ((num != 0) | (den != 0)).sum(1).astype("float64"),
        "nn": (num * num).sum(1),
        "dd": (den * den).sum(1),
        "nd": (num * den).sum(1),
    }
    if clusters is not None:
        a, b = (side.reshape(len(num), len(clusters), -1).sum(2) for side in (num, den))
        parts |= {"clusters": np.full(len(num), float(len(clusters)))}
        parts |= {"cnn": (a * a).sum(1), "cdd": (b * b).sum(1), "cnd": (a * b).sum(1)}
    return _where(len(num)).assign(**parts)


def _where(samples: int) -> pd.DataFrame:
    """Each sample is a member."""
    start = pd.Timestamp(2024, 1, 1)
    members = np.char.zfill(np.arange(samples).astype("str"), 5)
    return pd.DataFrame({"period_start": start, "slice": "sample", "member": members})


def _share(p: float, rows: int = ROWS) -> Callable[[np.random.Generator], pd.DataFrame]:
    return lambda random: _summed((random.random((SAMPLES, rows)) < p).astype("float64"))


def _normal(rows: int = ROWS) -> Callable[[np.random.Generator], pd.DataFrame]:
    return lambda random: _summed(random.normal(50, 10, (SAMPLES, rows)))


def _scores(promoters: float, detractors: float, rows: int = ROWS) -> Callable[[np.random.Generator], pd.DataFrame]:
    def draw(random: np.random.Generator) -> pd.DataFrame:
        return _summed(_points(random.random((SAMPLES, rows)), promoters, detractors))

    return draw


def _points(uniform: Array, promoters: float, detractors: float) -> Array:
    points: Array = np.where(uniform < promoters, 100.0, np.where(uniform > 1 - detractors, -100.0, 0.0))
    return points


def _amounts(deviation: float, returned: float, rows: int = ROWS) -> Callable[[np.random.Generator], pd.DataFrame]:
    """A return rate: amounts are lognormal, and some are sent back."""

    def draw(random: np.random.Generator) -> pd.DataFrame:
        amounts = random.lognormal(0, deviation, (SAMPLES, rows))
        return _summed(amounts * (random.random((SAMPLES, rows)) < returned), amounts)

    return draw


def _of_customers(change: Callable[[Array], Array]) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Customers' answers: with probability CORRELATION a customer's usual one, else one of its own.

    Two answers of one customer are then the same draw with probability CORRELATION squared, so that the
    chance of the usual one is its root, and the correlation within customers is CORRELATION.
    """

    def draw(random: np.random.Generator) -> pd.DataFrame:
        usual = np.repeat(random.random((SAMPLES, CUSTOMERS, 1)), ANSWERS, axis=2)
        own = random.random((SAMPLES, CUSTOMERS, ANSWERS))
        stays = random.random((SAMPLES, CUSTOMERS, ANSWERS)) < np.sqrt(CORRELATION)
        answers = np.where(stays, usual, own).reshape(SAMPLES, -1)
        return _summed(change(answers), clusters=np.arange(CUSTOMERS))

    return draw


def _waits(censored: bool, rows: int = ROWS) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Waiting times, exponential with a median of one; some are cut off at a time of their own, uniform to 3."""

    def draw(random: np.random.Generator) -> pd.DataFrame:
        waits = random.exponential(1 / np.log(2), (SAMPLES, rows))
        ends = random.uniform(0, 3, waits.shape) if censored else np.full(waits.shape, np.inf)
        frame = _where(SAMPLES).loc[np.repeat(np.arange(SAMPLES), rows)].reset_index(drop=True)
        events = (waits <= ends).ravel().astype("float64")
        return frame.assign(time=np.minimum(waits, ends).ravel(), events=events, censored=1 - events)

    return draw


def _cases() -> list[Case]:
    shares = [Case(f"Ratio of counts, p = {p:.1f}", SHARE, p, _share(p)) for p in (0.1, 0.3, 0.5, 0.7, 0.9)]
    small = [Case(f"Ratio of counts, p = {p:.1f}, n = 20", SHARE, p, _share(p, 20), hard=True) for p in (0.1, 0.5)]
    answers = f"{CUSTOMERS} customers of {ANSWERS} answers, correlation {CORRELATION}"
    return [
        *shares,
        Case("Mean, normal rows", MEAN, 50, _normal()),
        Case("NPS, 50 % promoters and 20 % detractors", NPS, 30, _scores(0.5, 0.2)),
        Case("Ratio of sums, lognormal with sd .5, 20 % returned", SUMS, 0.2, _amounts(0.5, 0.2)),
        Case("Median of continuous rows", MEDIAN, 1, _waits(censored=False)),
        Case("Median of continuous rows, censored", MEDIAN, 1, _waits(censored=True)),
        Case(f"Ratio of counts, p = .7, {answers}", SHARE, 0.7, _of_customers(lambda u: (u < 0.7).astype("float64"))),
        Case(f"NPS, {answers}", NPS, 30, _of_customers(lambda u: _points(u, 0.5, 0.2))),
        *small,
        Case("Mean, normal rows, n = 20", MEAN, 50, _normal(20), hard=True),
        Case("NPS, 50 % promoters and 20 % detractors, n = 20", NPS, 30, _scores(0.5, 0.2, 20), hard=True),
        Case("Ratio of sums, lognormal with sd .5, n = 20", SUMS, 0.2, _amounts(0.5, 0.2, 20), hard=True),
        Case("Ratio of sums, lognormal with sd 1.1, 6 % returned", SUMS, 0.06, _amounts(1.1, 0.06), hard=True),
        Case("Median of continuous rows, n = 20", MEDIAN, 1, _waits(censored=False, rows=20), hard=True),
        Case("Median of continuous rows, censored, n = 20", MEDIAN, 1, _waits(censored=True, rows=20), hard=True),
    ]


CASES = _cases()


def table(cases: list[Case]) -> str:
    """The coverage of each case, as a Markdown table."""
    rows = [f"| {case.what} | {100 * case.coverage():.1f} % |" for case in cases]
    return "\n".join(["| interval | holds the truth |", "|---|---|", *rows])


def main() -> None:
    """Print both tables; `--write` puts them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    page = PAGE.read_text(encoding="utf-8")
    for name, hard in (("usual", False), ("hard", True)):
        made = table([case for case in CASES if case.hard is hard])
        print(made, end="\n\n")
        start, end = page.index(f"<!-- {name} -->\n") + len(f"<!-- {name} -->\n"), page.index(f"<!-- end of {name} -->")
        page = page[:start] + made + "\n" + page[end:]
    if parser.parse_args().write:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
