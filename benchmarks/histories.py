"""Histories of many customers for the benchmarks: the demo's at day resolution, and CDNOW's repeated."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cpm_core.builtin.sources.demo import clock, customers, orders, service
from cpm_core.builtin.sources.demo.company import CHUNK

CDNOW = Path(__file__).resolve().parent.parent / "tests" / "golden" / "cdnow_summary.csv"
SEED = 7

Columns = dict[str, np.ndarray]
"""x, t_x and T, float64."""


def demo(people: int) -> Columns:
    """Of the demo company's customers who bought; days on which they bought, in days."""
    parts = [_chunk(number, people) for number in range(-(-people // CHUNK))]
    return {name: np.concatenate([part[name] for part in parts]) for name in ("x", "t_x", "T")}


def _chunk(number: int, people: int) -> Columns:
    first = number * CHUNK
    who = customers.draw_people(SEED, number, first + 1, min(CHUNK, people - first))
    service.draw_tickets(who)  # slow answers decide who leaves
    customer, at = orders._purchases(who.stream("sales"), who)  # noqa: SLF001  # the orders, without drawing their lines
    day = at // clock.DAY
    another = np.ones(len(day), np.bool_)
    another[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    customer, day = customer[another], day[another]
    start = np.flatnonzero(np.diff(customer, prepend=-1))
    count = np.diff(start, append=len(customer))
    found = {"x": count - 1, "t_x": day[start + count - 1] - day[start], "T": clock.DAYS - 1 - day[start]}
    return {name: column.astype(np.float64) for name, column in found.items()}


def cdnow(people: int) -> Columns:
    """The sample's customers over and over, in weeks."""
    rows = np.loadtxt(CDNOW, delimiter=",", comments=["#", "ID"])
    again = np.arange(people) % len(rows)
    return {name: rows[again, place] for place, name in enumerate(("x", "t_x", "T"), start=1)}


def save(columns: Columns, folder: Path) -> Path:
    """As files that another process reads."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, column in columns.items():
        np.save(folder / f"{name}.npy", column)
    return folder


def load(folder: Path) -> Columns:
    """What `save` wrote."""
    return {name: np.load(folder / f"{name}.npy") for name in ("x", "t_x", "T")}
