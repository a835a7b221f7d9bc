"""The options of a contribution that is tried without a params file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cpm_core.model.settings import Settings


class NeedsOptionsError(Exception):
    """A contribution has options without a default, so that it cannot be tried alone."""


def default_options(options: Callable[[], type] | None, settings: Settings) -> Any:
    """The options of a params file that says nothing; None of a contribution that takes none.

    Args:
        options: Returns their pydantic model.
        settings: What its validators find as their context.

    Raises:
        NeedsOptionsError: Some have no default; they are named.
    """
    if options is None:
        return None
    from pydantic import ValidationError

    model: Any = options()
    try:
        return model.model_validate({}, context=settings)
    except ValidationError:
        needed = ", ".join(required(model)) or "options"
        raise NeedsOptionsError(f"not run: a params file has to say {needed}") from None


def required(model: Any) -> list[str]:
    """The options without a default."""
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def all_of(options: Callable[[], type] | None) -> list[str]:
    """The names of all options."""
    model: Any = None if options is None else options()
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]
