"""What the params make of checks: levels, limits, tables; and what they may not say."""

import pytest
from pydantic import BaseModel

from cpm_core.api import Check, Text
from cpm_core.model.errors import DataError, ParamsError, PluginError
from cpm_core.tables.checks import judge
from tests.books import book, plugin

ORDERS = """
order_id customer_id ordered_at amount kind
1        a           2024-01-28 1      sale
"""
TICKETS = """
ticket_id customer_id opened_at
1         a           2024-01-28
2         a           2024-01-28
"""
TITLE = Text(en="Few rows", zh="行数少")


class Fewest(BaseModel):
    """Options of the check of these tests."""

    rows: int = 2


def few(stats, options):
    return Text(en=f"{stats.kept} rows", zh=f"{stats.kept} 行") if stats.kept < options.rows else None


def broken(stats):
    return stats.nothing


@pytest.fixture(scope="module")
def made():
    checks = [Check("few", TITLE, ("orders", "tickets"), few, "stop", lambda: Fewest)]
    made = book({"orders": ORDERS, "tickets": TICKETS}, as_of="2024-01-31", plugins=[plugin("team", cpm_checks=checks)])
    made._prepared  # noqa: B018  # prepared, not judged
    yield made
    made.close()


def judged(made, checks):
    params = made.params.model_validate({**made.params.model_dump(exclude_unset=True), "checks": checks})
    return judge(made._prepared, params, made.registry)


def test_a_stop_names_the_check_its_provider_and_what_to_write(made):
    with pytest.raises(DataError) as caught:
        judged(made, {})
    (problem,) = caught.value.problems
    assert problem.what == "Few rows (orders): 1 rows"
    assert problem.where == "check few of team"
    assert "checks: {few: {tables: {orders: {level: warn}}}}" in problem.fix


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"few": {"level": "warn"}}, ["Few rows (orders): 1 rows"]),
        ({"few": {"level": "off"}}, []),
        ({"few": {"rows": "1"}}, []),
        ({"few": {"tables": {"orders": {"level": "warn"}}}}, ["Few rows (orders): 1 rows"]),
        ({"few": {"tables": {"orders": {"rows": "1"}}}}, []),
        (
            {"few": {"level": "warn", "rows": "3", "tables": {"orders": {"level": "off"}}}},
            ["Few rows (tickets): 2 rows"],
        ),
    ],
    ids=["warn", "off", "limit", "warn_of_a_table", "limit_of_a_table", "a_table_apart"],
)
def test_levels_and_limits_for_all_tables_and_for_one(made, checks, said):
    assert judged(made, checks) == said


def test_a_stop_for_one_table_alone(made):
    with pytest.raises(DataError, match=r"Few rows \(tickets\): 2 rows"):
        judged(made, {"few": {"level": "off", "tables": {"tickets": {"level": "stop", "rows": "3"}}}})


@pytest.mark.parametrize(
    ("checks", "what", "near"),
    [
        ({"row": {"level": "warn"}}, "there is no check 'row'", "rows"),
        ({"rows": {"at_leest": "0.4"}}, "unknown key 'checks.rows.at_leest'", "at_least"),
        ({"rows": {"at_least": "2"}}, "checks.rows.at_least: '2' is above 1", ""),
        ({"rows": {"tables": {"order": {"level": "off"}}}}, "there is no table of the check 'rows': 'order'", "orders"),
        ({"few": {"tables": {"surveys": {}}}}, "there is no table of the check 'few': 'surveys'", ""),
        (
            {"rows": {"tables": {"orders": {"att_least": "1"}}}},
            "unknown key 'checks.rows.tables.orders.att_least'",
            "at_least",
        ),
        ({"freshness": {"days": "soon"}}, "checks.freshness.days: 'soon' is no whole number", ""),
    ],
    ids=["check", "option", "value", "table", "table_of_the_check", "option_of_a_table", "type"],
)
def test_what_does_not_fit_is_told_before_anything_runs(checks, what, near):
    team = plugin("team", cpm_checks=[Check("few", TITLE, ("orders",), few, "stop", lambda: Fewest)])
    with pytest.raises(ParamsError) as caught:
        book({"orders": ORDERS}, as_of="2024-01-31", checks=checks, plugins=[team])
    (problem,) = caught.value.problems
    assert problem.what.startswith(what)
    assert near in problem.nearest or not near


def test_a_level_that_is_none():
    with pytest.raises(ValueError, match="stop"):
        book({"orders": ORDERS}, as_of="2024-01-31", checks={"rows": {"level": "halt"}})


@pytest.mark.parametrize("answer", [broken, lambda stats: "few"], ids=["raises", "no_text"])
def test_a_check_that_fails_to_judge_is_an_error_of_its_plugin(answer):
    made = book(
        {"orders": ORDERS}, as_of="2024-01-31", plugins=[plugin("team", cpm_checks=[Check("bad", TITLE, "*", answer)])]
    )
    with pytest.raises(PluginError, match="check 'bad' of 'team'"):
        made.prepare()
    made.close()
