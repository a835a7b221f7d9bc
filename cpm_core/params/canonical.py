"""Params as one text that is the same for the same params: a part of a run's key."""

from __future__ import annotations

import json

from cpm_core.params.schema import Params


def canonical_json(params: Params) -> str:
    """JSON of the typed params with sorted keys and no spaces.

    Defaults are written out, so that a changed default is a changed key; where the file lies and
    how it is laid out do not count.
    """
    # How often a run is tried changes nothing in it.
    values = params.model_dump(mode="json", exclude={"retry"})
    if params.notebook_parameters:
        values["notebook_parameters"] = params.notebook_parameters
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
