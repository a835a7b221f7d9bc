"""Reasons in words for many customers at once: templates filled column by column."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Any

from cpm_core.model.text import Locale, Text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NOTHING = "–"
"""Stands where a customer has no such value."""


def worded(rows: pd.DataFrame, texts: Mapping[str, Text], key: str, locale: Locale) -> pd.Series:
    """Each row's sentence.

    Args:
        rows: The columns that the texts' placeholders name.
        texts: Templates; a placeholder may have a format (`{pause:,}`), or a plural (`{pause:days}`: 1 day, 2 days).
        key: The column that says which text a row takes.
        locale: The language.

    Raises:
        KeyError: A row takes a text that is not there, or a text names a column that is not.
    """
    import pandas as pd

    parts = [_filled(texts[str(name)].in_(locale), some) for name, some in rows.groupby(key, sort=False)]
    empty = pd.Series(index=rows.index, dtype="str")
    return pd.concat(parts).reindex(rows.index) if parts else empty


def _filled(template: str, rows: pd.DataFrame) -> pd.Series:
    import numpy as np
    import pandas as pd

    words = np.full(len(rows), "", dtype=object)
    for literal, field, spec, _ in Formatter().parse(template):
        words = words + literal
        if field is not None:
            words = words + _formatted(rows[field], spec or "")
    return pd.Series(words, index=rows.index, dtype="str")


def _formatted(values: pd.Series, spec: str) -> np.ndarray[Any, Any]:
    """Each different value is written once, however many customers have it."""
    import numpy as np
    import pandas as pd

    codes, known = pd.factorize(values)
    return np.array([*(_written(one, spec) for one in known), NOTHING], dtype=object)[codes]


def _written(value: Any, spec: str) -> str:
    # Whole numbers of a column with gaps come as floats.
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if len(spec) > 1 and spec.isalpha():
        return f"{whole:,} {spec.removesuffix('s') if whole == 1 else spec}"
    return format(whole, spec)
