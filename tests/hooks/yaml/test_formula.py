"""Formulas of other KPIs."""

import pytest

from cpm_core.api import Derived, KpiRef
from cpm_core.hooks.yaml.expression import ExpressionError
from cpm_core.hooks.yaml.formula import formula

A, B, C = KpiRef("a"), KpiRef("b"), KpiRef("c")


@pytest.mark.parametrize(
    ("text", "derived", "names"),
    [
        ("a", Derived(A), ("a",)),
        ("a / b", Derived(A, B), ("a", "b")),
        ("(a - b) / (c + a)", Derived(A - B, C + A), ("a", "b", "c")),
        ("a * b - c", Derived(A * B - C), ("a", "b", "c")),
        ("a / year_before(a) - 1", Derived(A, A.year_before(), -1.0), ("a",)),
        ("(a / b) + 0.5", Derived(A, B, 0.5), ("a", "b")),
        ("year_before(a) - b", Derived(A.year_before() - B), ("a", "b")),
        ("a + 2", Derived(A, plus=2.0), ("a",)),
    ],
)
def test_what_it_says(text, derived, names):
    found = formula(text)
    assert found.derived == derived
    assert found.names == names


NONE = """
1 - a / b
a / b / c
a / b + c
2 * a
-a
a > b
abs(a)
year_before(a + b)
a.b
'a'
"a b"
A b
a /
select a
a / 0
"""


@pytest.mark.parametrize("text", [*NONE.strip().splitlines(), ""])
def test_what_is_none(text):
    with pytest.raises(ExpressionError):
        formula(text)
