import pytest

from cpm_core.checks.scaffold.names import LONGEST, check_name, in_words, proposed
from cpm_core.model.errors import UsageError


@pytest.mark.parametrize("name", ["repeat_buyers", "a", "nps2", "x" * LONGEST])
def test_a_name_that_can_be_a_function(name):
    check_name(name, "kpi")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Repeat-Buyers!", "repeat_buyers"),
        ("repeatBuyers", "repeat_buyers"),
        ("2nd_order", "kpi_2nd_order"),
        ("_hidden", "hidden"),
        ("class", "our_class"),
        ("tests", "our_tests"),
        ("settings", "our_settings"),
        ("复购", "kpi"),
        ("", "kpi"),
        ("../evil", "evil"),
        ("x" * 50, "x" * LONGEST),
    ],
)
def test_of_a_name_that_cannot_the_nearest_that_can_is_proposed(name, near):
    with pytest.raises(UsageError) as caught:
        check_name(name, "kpi")
    assert caught.value.problems[0].nearest == (near,)
    check_name(proposed(name, "kpi"), "kpi")


def test_a_name_in_words():
    assert in_words("repeat_buyers") == "Repeat buyers"
    assert in_words("nps") == "Nps"
