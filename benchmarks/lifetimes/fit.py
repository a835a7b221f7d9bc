"""BG/NBD by lifetimes; runs in an environment of its own.

`fit.py FOLDER T` reads `x.npy`, `t_x.npy` and `T.npy` there and waits. To a line on standard input it fits, predicts
the orders of the next T of each customer, and answers with the parameters; to the next it writes what it predicted
into `predicted.npy` and answers with the total log-likelihood at these parameters; and so on.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from lifetimes import BetaGeoFitter

NAMES = ("r", "alpha", "a", "b")


def main() -> None:
    """Answer until there is no more input."""
    warnings.simplefilter("ignore")
    folder, ahead = Path(sys.argv[1]), float(sys.argv[2])
    x, t_x, age = (np.load(folder / f"{name}.npy") for name in ("x", "t_x", "T"))
    for _ in sys.stdin:
        fitted = BetaGeoFitter().fit(x, t_x, age)
        predicted = fitted.conditional_expected_number_of_purchases_up_to_time(ahead, x, t_x, age)
        values = [float(fitted.params_[name]) for name in NAMES]
        print(*values, flush=True)
        sys.stdin.readline()
        np.save(folder / "predicted.npy", np.asarray(predicted, np.float64))
        # The fit itself measures time in another unit; here is the likelihood in the caller's.
        mean = fitted._negative_log_likelihood(np.log(values), x, t_x, age, np.ones(len(x)), 0.0)  # noqa: SLF001  # the only way to it
        print(-float(mean) * len(x), flush=True)


if __name__ == "__main__":
    main()
