"""Whether what fails of a plugin fails the report: said by the params, else by the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cpm_core.model.errors import UsageError

if TYPE_CHECKING:
    from cpm_core.params.schema import Params

STRICT = "CPM_STRICT"
"""Environment variable: 1 or 0."""
CI = "CI"
"""Environment variable that services for continuous integration set to `true`."""
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def is_strict(params: Params) -> bool:
    """Whether every failure of a plugin is an error: `strict` of the params, else `CPM_STRICT`, else `CI`.

    Raises:
        UsageError: `CPM_STRICT` is neither 1 nor 0.
    """
    return strict_here() if params.strict is None else params.strict


def strict_here() -> bool:
    """What the environment alone says.

    Raises:
        UsageError: `CPM_STRICT` is neither 1 nor 0.
    """
    said = os.environ.get(STRICT, "").strip().lower()
    if not said:
        return _WORDS.get(os.environ.get(CI, "").strip().lower(), False)
    if said not in _WORDS:
        raise UsageError(f"{STRICT} is {said!r}", where="the environment", fix="Set it to 1 or to 0.")
    return _WORDS[said]
