"""What a fit found: parameters, how sure they are, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from cpm_core.customers.models.arrays import Floats
from cpm_core.model.errors import ModelError
from cpm_core.model.text import Text

State = Literal["ok", "failed", "not identified"]

TITLES: dict[str, Text] = {
    "bg_nbd": Text(en="BG/NBD", zh="BG/NBD"),
    "mbg_nbd": Text(en="MBG/NBD", zh="MBG/NBD"),
    "pareto_nbd": Text(en="Pareto/NBD", zh="Pareto/NBD"),
    "bg_nbd_alike": Text(en="BG/NBD, one drop-out probability", zh="BG/NBD（统一流失概率）"),
    "mbg_nbd_alike": Text(en="MBG/NBD, one drop-out probability", zh="MBG/NBD（统一流失概率）"),
    "pareto_nbd_alike": Text(en="Pareto/NBD, one mean lifetime", zh="Pareto/NBD（统一平均寿命）"),
    "gamma_gamma": Text(en="Gamma–Gamma", zh="Gamma–Gamma"),
    "sbg": Text(en="shifted-beta-geometric", zh="移位贝塔-几何"),
}


@dataclass(frozen=True)
class Fit:
    """Maximum likelihood estimates of one model.

    All parameters are positive, so that what is told of their uncertainty is told of their logarithms:
    there the estimates are nearer to normal.
    """

    model: str
    names: tuple[str, ...]
    values: Floats
    log_covariance: Floats
    """Of the logarithms of the parameters, from the observed information."""
    log_likelihood: float
    n: int
    """Customers that the fit rests on."""
    state: State = "ok"
    reason: Text | None = None
    """Why the state is not ok."""

    @property
    def ok(self) -> bool:
        """Whether anything may be predicted."""
        return self.state == "ok"

    @property
    def log_errors(self) -> Floats:
        """Standard errors of the logarithms."""
        return np.sqrt(np.diag(self.log_covariance))

    @property
    def errors(self) -> Floats:
        """Standard errors of the parameters, by the delta method."""
        return self.values * self.log_errors

    def parameter(self, name: str) -> float:
        """One estimate."""
        return float(self.values[self.names.index(name)])

    def limits(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """An interval of each parameter, symmetric on the log scale."""
        reach = np.exp(ndtri(0.5 + confidence / 2) * self.log_errors)
        return self.values / reach, self.values * reach

    def require(self) -> Fit:
        """Itself, if something may be predicted by it.

        Raises:
            ModelError: The fit failed, or is not identified.
        """
        if self.ok:
            return self
        assert self.reason is not None
        raise ModelError(
            f"the {TITLES[self.model].en} model is {self.state}: {self.reason.en}",
            fix="Publish no value of it; ask fit.state before",
        )


def nothing(model: str, names: tuple[str, ...], n: int, reason: Text, state: State = "not identified") -> Fit:
    """A fit that found nothing, and why."""
    nan = np.full(len(names), np.nan)
    return Fit(model, names, nan, np.full((len(names),) * 2, np.nan), float("nan"), n, state, reason)
