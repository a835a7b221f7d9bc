"""What a measure refuses, told to the one who wrote the KPI."""

import pytest

from cpm_core.model.measures import Aside, Concentration, Derived, KpiRef
from cpm_core.model.text import Text


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


def test_words_told_aside_have_the_two_placeholders_only():
    assert Aside(None, Text("{value}, {share}", "{value}")).words.zh == "{value}"
    for wrong in ("{val}", "{}", "{value"):
        with pytest.raises(ValueError, match="placeholder"):
            Aside(None, Text("{value}", wrong))


def test_a_concentration_is_of_two_kinds():
    assert Concentration(None, None, "top", share=1).share == 1
    for kind, share in (("ginni", 0.2), ("top", 0), ("top", 20)):
        with pytest.raises(ValueError, match=f"not {kind}, {share}"):
            Concentration(None, None, kind, share=share)


def test_a_derived_may_go_without_a_denominator():
    assert Derived(KpiRef("a") - KpiRef("b")).denominator is None
