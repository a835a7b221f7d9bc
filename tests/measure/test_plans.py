"""Queries that are put together once."""

from datetime import date

import ibis
import pytest

from cpm_core.measure import plans
from cpm_core.measure.plans import Once

DAY = date(2024, 1, 31)
ROWS = ibis.table({"x": "int64"}, name="rows")


@pytest.fixture(autouse=True)
def none_known(monkeypatch):
    monkeypatch.setattr(plans, "_known", type(plans._known)())


def test_a_query_is_built_once_a_key_and_the_longest_unasked_goes_first(monkeypatch):
    monkeypatch.setattr(plans, "MOST", 2)
    built = []

    def ask(key):
        return plans.known(key, lambda: built.append(key) or ROWS)

    assert [ask(key) is ROWS for key in ("a", "b", "a", "c", "a", "b")] == [True] * 6
    assert built == ["a", "b", "c", "b"], "b was asked for before a when c came"


def test_a_query_that_cannot_be_built_is_not_kept():
    def broken():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        plans.known("a", broken)
    assert plans.known("a", lambda: ROWS) is ROWS


def test_what_is_made_once_may_be_nothing():
    made = []
    once = Once(lambda: made.append(1))
    assert (once(), once(), made) == (None, None, [1])


class Dated:
    """A catalog that knows one computed table, and notes what is asked of it."""

    def __init__(self):
        self.asked = []

    def dated(self, rows):
        return (("values", DAY),)

    def at(self, name, day):
        self.asked.append((name, day))


def test_a_computed_table_of_an_earlier_day_is_stored_for_each_catalog_that_runs_the_query():
    first, second = Dated(), Dated()
    for catalog in (first, second):
        assert plans.known("a", lambda: ROWS, catalog) is ROWS
    assert first.asked == second.asked == [("values", DAY)]
