"""The models of orders against pymc-marketing: the same parameters and forecasts of CDNOW's customers.

What takes the peer its time is to build and to compile a model, which serves its Bayesian fits too: no limit is set.
`--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from dataclasses import replace

import histories
import numpy as np
from contest import HERE
from report import Line, shown, write

from cpm_core.customers.models import (
    History,
    expected_orders,
    fit_bgnbd,
    fit_mbgnbd,
    fit_paretonbd,
    probability_alive,
)

FITS = {"bg_nbd": fit_bgnbd, "mbg_nbd": fit_mbgnbd, "pareto_nbd": fit_paretonbd}
SAMPLE = 2357


def main() -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    command = [str(HERE / "pymc" / ".venv" / "bin" / "python"), str(HERE / "pymc" / "fit.py"), str(histories.CDNOW)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    columns, lines = histories.cdnow(SAMPLE), []
    for theirs in map(json.loads, told.splitlines()):
        start = time.perf_counter()
        fit = FITS[theirs["model"]](History.of(columns["x"], columns["t_x"], columns["T"]))
        mine = time.perf_counter() - start
        # The peer's search ends where its likelihood is flat to about this.
        assert np.allclose(fit.values, theirs["values"], rtol=3e-4), (fit, theirs)
        two, other = History.of([2, 7], [30.43, 20.14], [38.86, 20.14]), replace(fit, values=np.array(theirs["values"]))
        assert np.allclose(expected_orders(other, two, 39), theirs["orders"], rtol=1e-8), theirs
        assert np.allclose(probability_alive(other, two), theirs["alive"], rtol=1e-8), theirs
        lines.append(Line(f"{theirs['model']}, most likely parameters", mine))
        lines.append(Line("the same in pymc-marketing", theirs["seconds"], theirs["seconds"] / mine))
    print(shown(lines))
    if parser.parse_args().write:
        write(lines, "pymc", SAMPLE, "customers")


if __name__ == "__main__":
    main()
