"""The spread of a value over classes, and where tiers are cut in it: worked out by hand."""

import pandas as pd
import pytest

from cpm_core.api import Text
from cpm_core.customers.tier_spread import spread
from cpm_core.model.profile import Told
from cpm_core.report.tier_spread import TierSpreadView

TIERS = pd.DataFrame(
    {
        "tier": ["VIP", "key", "ordinary"],
        "customers": [1, 1, 4],
        "value_share": [0.9, 0.08, 0.02],
        "start": [1000.0, 50.0, float("nan")],
        "cut": ["from 1,000", "from 50", "all others"],
    }
)


def customers(*values):
    tiers = ["VIP" if value >= 1000 else "key" if value >= 50 else "ordinary" for value in values]
    return pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(values))], "value": values, "tier": tiers})


def counted(found):
    return found.classes["customers"].sum()


def test_values_far_apart_are_in_classes_of_powers():
    found = spread(customers(1.0, 9.99, 10.0, 1500.0, 0.0, -4.0, float("nan")))
    assert (found.logarithmic, found.customers, counted(found)) == (True, 4, 4)
    # Eight classes a power of ten: 9.99 is in the last below ten, and ten in the first from ten on.
    ten = found.classes[found.classes["low"].between(9.999, 10.001)]
    assert (ten["customers"].tolist(), ten["tier"].tolist()) == ([1], ["ordinary"])
    assert (found.classes["high"] / found.classes["low"]).tolist() == pytest.approx([10 ** (1 / 8)] * 4)
    assert found.median == pytest.approx((9.99 + 10) / 2)


def test_whole_numbers_near_each_other_have_a_class_each():
    found = spread(customers(3.0, 3.0, 5.0, 60.0 / 10))
    assert found.classes[["low", "high", "customers"]].to_numpy().tolist() == [
        [2.5, 3.5, 2],
        [4.5, 5.5, 1],
        [5.5, 6.5, 1],
    ]


def test_others_are_in_thirty_classes():
    found = spread(customers(1.0, 1.5, 31.0))
    assert not found.logarithmic
    assert found.classes["low"].tolist() == pytest.approx([1, 30])
    assert counted(found) == 3


def test_equal_values_have_one_class():
    found = spread(customers(2.5, 2.5))
    assert found.classes["customers"].tolist() == [2]


def view(*values, locale="en", **more):
    told = Told(Text(en="revenue", zh="净销售额"), "money")
    return TierSpreadView(spread(customers(*values)), TIERS, told, 0.1, locale, "EUR", **more)


def test_shown_with_its_lines_in_both_languages():
    page = view(5.0, 60.0, 2000.0, 7.0, 8.0)._repr_mimebundle_()
    assert page["text/plain"].startswith(
        "Where tiers are cut\n5 customers have a positive value; half of them have less than €8.00."
    )
    assert all(
        words in page["text/html"] for words in ("VIP €1,000", "Key €50", "down to the dashed", "Share of the sum")
    )
    chinese = view(5.0, 60.0, 2000.0, locale="zh")._repr_mimebundle_()["text/html"]
    assert all(words in chinese for words in ("3位客户的数值为正", "重点客户 €50", "实线为等级门槛"))


def test_what_if_is_said_in_the_title():
    other = {"cut": {"VIP": 0.1, "key": 0.3}, "margin": 0}
    assert repr(view(5.0, other=other)).startswith("What if: cut VIP 0.1, key 0.3; margin 0\n")
    assert repr(view(5.0, locale="zh", other=other)).startswith("假设：cut：VIP 0.1、key 0.3；margin：0\n")


def test_nobody_has_a_value():
    assert repr(view(0.0, -1.0)).endswith("No customer has a positive value.")
