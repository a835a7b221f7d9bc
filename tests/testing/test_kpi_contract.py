"""The built-in KPIs hold what every KPI must, and give what was worked out by hand for the tiny book."""

import pytest

from cpm_core.testing import TINY_ANSWERS, KpiContract
from cpm_core.testing.book import registry_of

KPIS = tuple(registry_of([]).kpis)
NOT_BY_HAND = {"customer_lifetime_value", "customer_value_36_months", "contact_coverage", "revenue_growth"}
"""Models of customers, labels of tiers, and the year before: other tests hold these by other data."""


def contract_of(kpi: str) -> type[KpiContract]:
    """The contract as an author would subclass it."""
    return type(f"Test{kpi}", (KpiContract,), {"kpi": kpi, "expected": TINY_ANSWERS.get(kpi, {})})


CASES = [
    pytest.param(contract_of(kpi), name, id=f"{kpi}-{name.removeprefix('test_')}")
    for kpi in KPIS
    for name in vars(KpiContract)
    if name.startswith("test_")
]


@pytest.mark.parametrize(("contract", "name"), CASES)
def test_a_built_in_holds_the_contract(contract, name):
    getattr(contract(), name)()


def test_the_answers_are_of_nearly_all_built_ins():
    assert set(KPIS) - set(TINY_ANSWERS) == NOT_BY_HAND
