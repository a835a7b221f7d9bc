"""The models of orders by pymc-marketing; runs in an environment of its own.

`fit.py SUMMARY` reads CDNOW's summary, finds the most likely parameters of each model under flat priors, and what
they forecast for two customers. It answers with one line of JSON a model.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import pandas as pd
from pymc_extras.prior import Prior
from pymc_marketing import clv

MODELS = {
    "bg_nbd": (clv.BetaGeoModel, ("r", "alpha", "a", "b")),
    "mbg_nbd": (clv.ModifiedBetaGeoModel, ("r", "alpha", "a", "b")),
    "pareto_nbd": (clv.ParetoNBDModel, ("r", "alpha", "s", "beta")),
}
TWO = pd.DataFrame({"customer_id": [1, 2], "frequency": [2, 7], "recency": [30.43, 20.14], "T": [38.86, 20.14]})


def main() -> None:
    """Answer for each model."""
    warnings.simplefilter("ignore")
    summary = pd.read_csv(sys.argv[1], comment="#").rename(columns={"ID": "customer_id"})
    for name, (model, parameters) in MODELS.items():
        start = time.perf_counter()
        fitted = model(data=summary, model_config={parameter: Prior("HalfFlat") for parameter in parameters})
        fitted.fit(method="map", progressbar=False)
        seconds = time.perf_counter() - start
        answer = {
            "model": name,
            "seconds": seconds,
            "values": [float(fitted.fit_result[parameter].to_numpy().ravel()[0]) for parameter in parameters],
            "orders": fitted.expected_purchases(TWO, future_t=39).to_numpy().ravel().tolist(),
            "alive": fitted.expected_probability_alive(TWO).to_numpy().ravel().tolist(),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
