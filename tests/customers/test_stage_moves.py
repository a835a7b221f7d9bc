"""Moves between stages, worked out by hand."""

import math

import ibis
import pytest

from cpm_core.api import LifecycleRule, Text
from cpm_core.customers.stage_moves import NOT_KNOWN
from cpm_core.model.rules import STAGES
from cpm_core.report import stages
from tests.books import book, plugin
from tests.report import sample

# As of 30 November against 31 October: a was active (89 days on 31 October) and is at risk, b was dormant and came back,
# c stays lost, d bought for the first time, e is a contact since 15 November, f since January.
ORDERS = """
order_id customer_id ordered_at amount kind
1        a           2024-01-10 10     sale
2        a           2024-08-03 90     sale
3        b           2024-03-01 20     sale
4        b           2024-11-05 30     sale
5        c           2023-01-01 70     sale
6        d           2024-11-30 55     sale
"""
CUSTOMERS = "customer_id created_at\na -\nb -\nc -\nd -\ne 2024-11-15\nf 2024-01-15"


@pytest.fixture(scope="module")
def made():
    one = book({"orders": ORDERS, "customers": CUSTOMERS}, as_of="2024-11-30", currency="EUR")
    yield one
    one.close()


def test_who_moved_and_why(made):
    found = made.stage_moves()
    assert (str(found.moves.before), str(found.moves.day)) == ("2024-10-31", "2024-11-30")
    assert found.frame.to_numpy().tolist() == [
        ["a", "won_back", "at_risk", 100, "no sale for 119 days; at risk from 90"],
        ["b", "dormant", "won_back", 50, "bought again within 90 days, after a pause of 249 days"],
    ]


def test_the_matrix_counts_everyone_once(made):
    matrix = made.stage_moves().matrix
    counts = {(row, column): n for row, cells in matrix.to_dict("index").items() for column, n in cells.items() if n}
    assert counts == {
        ("won_back", "at_risk"): 1,
        ("dormant", "won_back"): 1,
        ("lost", "lost"): 1,
        ("prospect", "prospect"): 1,
        (NOT_KNOWN, "new"): 1,
        (NOT_KNOWN, "prospect"): 1,
    }


def test_stages_with_the_change_and_the_revenue(made):
    told = made.stages().set_index("stage")
    assert told.index.tolist() == list(STAGES)
    assert told["customers"].tolist() == [2, 1, 0, 0, 1, 0, 1, 1]
    assert told["before"].tolist() == [1, 0, 0, 0, 0, 1, 1, 1]
    # The trailing year: a 100, b 50, d 55 of 205.
    assert told.loc[["at_risk", "won_back", "new"], "value"].tolist() == [100, 50, 55]
    assert told["value_share"].sum() == pytest.approx(1)
    assert told.loc["at_risk", "value_share"] == pytest.approx(100 / 205)


def test_nobody_was_known():
    one = book({"orders": "order_id customer_id ordered_at amount kind\n1 a 2024-11-05 9 sale"}, as_of="2024-11-30")
    assert all(math.isnan(number) for number in one.stages()["before"])
    assert one.stage_moves().fragment().text.endswith("Nobody was known on 31 October 2024.")
    one.close()


def test_moves_show_themselves(made):
    page = made.stage_moves().fragment()
    assert "2 of 4 customers moved to another stage; 1 of them are now at risk." in page.text
    assert "Not known yet" in page.html
    assert "after a pause of 249 days" in page.html


def test_the_section_of_stages():
    page = stages.render(sample.make("en"))
    lead = (
        "2,150 of 5,221 customers are active or have come back; 1,411 are at risk or dormant, and with them 10.5% of "
        "the trailing year's revenue."
    )
    assert lead in page.text
    assert "Change on October 2011" in page.html
    assert "New  598  +94" in page.text
    assert "Lost  1,599  –" in page.text, "it is not known how many there were"
    assert "−123" in page.text


def test_the_section_in_chinese_and_without_stages():
    assert "流失风险" in stages.render(sample.make("zh")).html
    assert "没有客户被划入生命周期阶段" in stages.render(sample.make("zh", stages=None)).html


def test_a_rule_that_does_without_orders():
    """A team may tell stages by tickets: then there is no revenue to tell."""

    def assign(profile, _options, _settings):
        stage = (profile.trailing_tickets > 0).ifelse("active", "lost")
        return profile.select("customer_id", stage=stage, reason=ibis.literal("any"))

    rule = LifecycleRule("own", Text("Own", "自有"), assign, {"any": Text("any", "任意")}, reads=("tickets",))
    tickets = "ticket_id customer_id opened_at\n1 a 2024-11-02\n2 b 2023-06-02\n3 a 2023-06-02"
    plugins = [plugin("ours", cpm_lifecycle_rules=[rule])]
    one = book({"tickets": tickets}, as_of="2024-11-30", plugins=plugins, lifecycle={"rule": "own"})
    told, moved = one.stages().set_index("stage"), one.stage_moves().frame
    page = one.report.stages().text
    one.close()
    assert told.loc[["active", "lost"], ["customers", "before"]].to_numpy().tolist() == [[1, 0], [1, 2]]
    assert told["value"].isna().all()
    assert moved[["customer_id", "stage_before", "stage"]].to_numpy().tolist() == [["a", "lost", "active"]]
    assert "1 of 2 customers are active or have come back; 0 are at risk or dormant." in page
