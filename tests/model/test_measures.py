"""What a measure refuses, told to the one who wrote the KPI."""

import pytest

from cpm_core.model.measures import Derived, KpiRef


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda a: Derived(a, a.year_before), "year_before without its brackets is none"),
        (lambda a: Derived(a, 12), "12 is none"),
        (lambda a: Derived("a"), "'a' is none"),
        (lambda a: Derived(a - 1), "1 is none"),
    ],
)
def test_a_derived_is_of_kpis_only(wrong, told):
    with pytest.raises(TypeError, match=told):
        wrong(KpiRef("a"))


def test_a_derived_may_go_without_a_denominator():
    assert Derived(KpiRef("a") - KpiRef("b")).denominator is None
