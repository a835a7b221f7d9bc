"""Whether a contribution is what its kind must be."""

from __future__ import annotations

from collections.abc import Iterator

from cpm_core.hooks.contributions import Contribution
from cpm_core.model.errors import Problem


def invalid(one: Contribution) -> Iterator[Problem]:
    """What is wrong with a contribution by itself."""
    yield from ()
