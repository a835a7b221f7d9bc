"""The pytest plugin of the kit: fixtures, and strictness for the whole run.

It is loaded in every run of pytest where the package is installed, so that it imports nothing that takes time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cpm_core.hooks.registry import Registry
    from cpm_core.testing.loading import Given
    from cpm_core.workbook import Workbook

STRICT = "CPM_STRICT"
"""Environment variable: what fails of a plugin is an error."""
NOT_THEIRS = (
    "ignore:The 'future.infer_string' option is deprecated:DeprecationWarning",
    "ignore:fetch_arrow_table.. is deprecated:DeprecationWarning",
)
"""Warnings of ibis 12.0 about pandas and DuckDB, at every query: no author can do anything about them."""


def pytest_configure(config: pytest.Config) -> None:
    """Let every workbook of the run be strict, and the commands that it starts, unless the environment says otherwise."""
    for line in NOT_THEIRS:
        config.addinivalue_line("filterwarnings", line)
    if STRICT not in os.environ:
        os.environ[STRICT] = "1"
        config.add_cleanup(_forget)


def _forget() -> None:
    os.environ.pop(STRICT, None)


@pytest.fixture
def tiny(request: pytest.FixtureRequest) -> Iterator[Callable[..., Workbook]]:
    """`tiny_book`, which finds plugins from the test's folder upwards and closes its books after the test."""
    from cpm_core.testing.book import tiny_book
    from cpm_core.testing.loading import several

    books: list[Workbook] = []

    def opened(plugins: Any = (), **keywords: Any) -> Workbook:
        books.append(tiny_book(several(plugins, request.path.parent), **keywords))
        return books[-1]

    yield opened
    for book in books:
        book.close()


@pytest.fixture
def cpm_registry(request: pytest.FixtureRequest) -> Callable[..., Registry]:
    """What the built-ins and the given plugins provide: no folder and no entry point is looked at."""
    from cpm_core.testing.book import registry_of
    from cpm_core.testing.loading import several

    def made(*plugins: Given, strict: bool = True) -> Registry:
        return registry_of(several(plugins, request.path.parent), strict=strict)

    return made
