"""The figures of small queries are those of a workbook."""

from __future__ import annotations

import math

import pytest

from cpm_core.checks.plugins.alone import targets
from cpm_core.checks.plugins.command import checked
from cpm_core.checks.plugins.figures import Figures
from cpm_core.checks.plugins.kept import kept
from cpm_core.checks.plugins.trial import Trial
from cpm_core.measure.compile import compile_kpis
from cpm_core.model.limits import Limits
from cpm_core.model.measures import Derived
from cpm_core.testing import tiny_book


@pytest.fixture(scope="module")
def built_in(tmp_path_factory):
    """All built-in KPIs, compiled on the kept tiny book, and what gives their figures."""
    (target,) = targets(["builtin.kpis.sales"])
    registry = target.load()
    trial = Trial(registry.plugins[0], registry, kept(lambda _: None), tmp_path_factory.mktemp("scratch"), Limits())
    compiled = compile_kpis(registry, trial.catalog, trial.settings, registry.kpis)
    yield trial, compiled, Figures(compiled, trial.catalog, trial.engine)
    trial.close()


def is_quick(name, compiled):
    one = compiled[name]
    if isinstance(one.measure, Derived):
        return all(is_quick(part, compiled) for part in one.parts)
    return one.measure is not None and Figures.is_quick(one.measure)


def test_every_period_of_every_built_in_kpi_is_that_of_the_workbook(built_in):
    trial, compiled, figures = built_in
    names = [name for name in compiled if is_quick(name, compiled)]
    assert len(names) > 35
    book = tiny_book(kpis=names)
    facts = book.facts()
    book.close()
    whole = facts[facts["slice"] == ""].set_index(["kpi", "period"])["value"].to_dict()
    for period in trial.book.periods:
        for name in names:
            ours, theirs = figures.of(name, period).value, whole[name, period.label]
            theirs = None if math.isnan(theirs) else theirs
            assert ours == (theirs if theirs is None else pytest.approx(theirs, rel=1e-12)), (name, period.label)


def test_the_kept_tables_have_the_schemas_of_the_workbook(built_in):
    trial, _, _ = built_in
    book = tiny_book()
    try:
        assert {name: table.schema() for name, table in book.tables.items()} == dict(trial.book.schemas)
    finally:
        book.close()


def test_a_built_in_may_be_checked_too():
    (target,) = targets(["builtin.kpis.sales"])
    found = checked(target, lambda _: None)
    assert found.ok
    told = {line.id: line.told for line in found.lines}
    assert told["revenue"] == "195.5 in 2024-02 (6 rows)"
