"""Contracts as test cases: what an author gets by subclassing."""

from collections.abc import Mapping
from typing import Any

import pytest

from cpm_core.testing.contracts.base import Contract


def contract(base: type[Contract], **said: Any) -> type[Contract]:
    """A subclass, as an author would write it."""
    return type(f"Test{base.__name__}", (base,), said)


def names_of(base: type[Contract]) -> list[str]:
    """The names of the tests that a contract runs."""
    return [name for name in dir(base) if name.startswith("test_")]


def cases(base: type[Contract], subjects: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """One case a subject and test: what the subclass says, by the subject's id."""
    made = {one: contract(base, **{base.attribute: one, **said}) for one, said in subjects.items()}
    names = names_of(base)
    return [pytest.param(made[one], name, id=f"{base.attribute}-{one}-{name[5:]}") for one in made for name in names]


def failures(made: type[Contract]) -> dict[str, str]:
    """The tests of a contract that fail, and what they say."""
    found = {}
    for name in names_of(made):
        try:
            getattr(made(), name)()
        except AssertionError as error:
            found[name] = str(error)
    return found
