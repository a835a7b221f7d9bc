"""Whether a contribution is what its kind must be, as far as it shows without data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cpm_core.hooks.contributions import WORDS, Contribution
from cpm_core.hooks.kinds import VALIDATORS
from cpm_core.hooks.words import Wrong, bad_text
from cpm_core.model.errors import Problem

SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""An id: it names tables and columns on every engine, and 63 letters are the most of PostgreSQL."""


def invalid(one: Contribution) -> Iterator[Problem]:
    """What is wrong with a contribution by itself."""
    item, words = one.item, f"{WORDS[one.hook]} {getattr(one.item, 'id', '')!r} of {one.plugin.name!r}"
    for wrong in (*_common(item), *_kind(item)):
        yield Problem(f"{words}: {wrong.what}", one.where, wrong.nearest, wrong.fix or "Write the right one.")


def _common(item: Any) -> Iterator[Wrong]:
    if not isinstance(item.id, str) or not SLUG.fullmatch(item.id):
        near = re.sub(r"[^a-z0-9]+", "_", str(item.id).lower()).strip("_")
        fix = "An id is of small letters, digits and _, begins with a letter, and has 60 of them at most."
        yield Wrong("its id is no name for one", (near,) if SLUG.fullmatch(near) else (), fix)
    if problem := bad_text(item.title):
        yield Wrong(f"the title {problem}", fix='Write title=Text(en="…", zh="…").')
    if not isinstance(item.replaces, str):
        yield Wrong(f"replaces is a {type(item.replaces).__name__}", fix="Name the plugin that it replaces.")


def _kind(item: Any) -> Iterator[Wrong]:
    try:
        yield from _validator(item)(item)
    except Exception as error:  # noqa: BLE001  # of fields that hold anything at all nothing else can be told
        yield Wrong(
            f"its fields cannot be read ({type(error).__name__}: {error})", fix="See its class in cpm_core.api."
        )


def _validator(item: Any) -> Callable[[Any], Iterator[Wrong]]:
    validators: Mapping[type, Callable[[Any], Iterator[Wrong]]] = VALIDATORS
    return next(check for kind, check in validators.items() if isinstance(item, kind))
