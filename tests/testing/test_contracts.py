"""A contract tells what is wrong with a contribution, and what to do."""

from types import SimpleNamespace

import ibis
import pytest

from cpm_core.api import (
    Action,
    Check,
    LifecycleRule,
    ProfileColumn,
    Publisher,
    Section,
    Source,
    Text,
    TierRule,
    TopShare,
    Total,
    kpi,
    table,
)
from cpm_core.model.errors import PluginError
from cpm_core.testing import (
    ActionContract,
    CheckContract,
    KpiContract,
    LifecycleContract,
    ProfileContract,
    PublisherContract,
    SectionContract,
    SourceContract,
    TableContract,
    TierContract,
)
from cpm_core.testing.book import delivered
from tests.books import plugin
from tests.testing.contracts import contract, failures

TITLE = Text(en="Odd", zh="异常")
ODD = {"en": TITLE.en, "zh": TITLE.zh}
of_orders = {"table": "orders", "at": "ordered_at", "better": "higher", "title": ODD}


@kpi(unit="days", **of_orders)
def negative(orders):
    return Total(-orders.amount)


@kpi(unit="count", **of_orders)
def broken_count(orders):
    return Total(orders.amount * 0.3)


@kpi(unit="number", **of_orders)
def by_chance(orders):
    return Total(ibis.random(), where=orders.kind == "sale")


@kpi(unit="number", **of_orders)
def fails(orders):
    return Total(orders.amont)


@kpi(unit="number", **of_orders)
def not_on_postgres(orders):
    return Total(orders.order_id.hexdigest("md5") > "7")


@kpi(unit="count", **of_orders)
def fine(orders):
    return Total(orders.kind == "sale")


@table(title=ODD, key=("customer_id",), at="ordered_at")
def no_key(orders):
    return orders.select("customer_id", "ordered_at")


def doubled(orders):
    return orders.select("customer_id", doubled=orders.amount)


def assign(profile, options, settings):
    rows = profile.filter(profile.sales > 0)
    return rows.select("customer_id", stage=ibis.literal("active"), reason=ibis.literal("why"))


def by_number(profile, options, settings):
    return profile.trailing_revenue + ibis.row_number().over(order_by=profile.customer_id)


def once(context, count=[0]):  # noqa: B006  # what no source may do: remember
    count[0] += 1
    rows = f"order_id customer_id ordered_at amount kind\n1 a 2024-02-0{count[0]} 5 sale"
    return {"orders": SimpleNamespace(table=delivered(rows), rejects=None, loaded_until=None, dated=())}


def changes(run, options):
    (run.folder / "report.html").write_text("mine", encoding="utf-8")


def short(run, options):
    raise ValueError("no")


PLUGIN = plugin(
    "odd",
    cpm_kpis=[negative, broken_count, by_chance, fails, not_on_postgres, fine],
    cpm_tables=[no_key],
    cpm_profile_columns=[ProfileColumn("doubled", TITLE, doubled)],
    cpm_tier_rules=[
        TierRule("by_number", TITLE, by_number, lambda options: TopShare({"VIP": 0.2, "key": 0.5}), reads=("orders",))
    ],
    cpm_lifecycle_rules=[LifecycleRule("buyers", TITLE, assign, {"why": TITLE}, reads=("orders",))],
    cpm_actions=[Action("undeclared", TITLE, when=lambda profile: profile.sales > 1)],
    cpm_report_sections=[
        Section("linked", TITLE, lambda book: '<img src="https://example.org/x.png">'),
        Section("falls", TITLE, lambda book: 1 / len(book.facts().query("value > 0"))),
    ],
    cpm_publishers=[Publisher("changes", TITLE, changes), Publisher("short", TITLE, short)],
    cpm_checks=[Check("nervous", TITLE, "orders", lambda stats: Text(en="never", zh=""))],
    cpm_sources=[Source("restless", TITLE, once)],
)


@pytest.mark.parametrize(
    ("base", "said", "test", "words"),
    [
        (KpiContract, {"kpi": "negative"}, "test_its_values_lie_within_the_range_of_its_unit", "goes from 0 to inf"),
        (KpiContract, {"kpi": "broken_count"}, "test_its_values_lie_within_the_range_of_its_unit", "a whole number"),
        (KpiContract, {"kpi": "by_chance"}, "test_the_order_of_rows_does_not_matter", "break ties by the key"),
        (KpiContract, {"kpi": "fails"}, "test_it_can_be_measured", "amont"),
        (KpiContract, {"kpi": "not_on_postgres"}, "test_it_compiles_for_every_engine", "postgres: HexDigest"),
        (KpiContract, {"kpi": "fine", "expected": {"2024-02": 4}}, "test_it_gives_the_expected_values", "expected 4"),
        (KpiContract, {"kpi": "fin"}, "test_it_loads_and_has_titles_in_both_languages", "nearest: fine"),
        (KpiContract, {}, "test_it_loads_and_has_titles_in_both_languages", 'kpi = "its id"'),
        (TableContract, {"table": "no_key"}, "test_its_key_identifies_a_row", "two rows of one key"),
        (ProfileContract, {"profile_column": "doubled"}, "test_it_names_each_customer_at_most_once", "more than once"),
        (TierContract, {"tier_rule": "by_number"}, "test_ties_are_broken_by_id", "no row numbers, no chance"),
        (
            LifecycleContract,
            {"lifecycle_rule": "buyers"},
            "test_every_customer_is_there_once",
            "5 rows for 6 customers",
        ),
        (
            ActionContract,
            {"action": "undeclared"},
            "test_it_declares_the_tables_that_its_condition_reads",
            "reads orders",
        ),
        (SectionContract, {"section": "linked"}, "test_it_fetches_nothing_from_elsewhere", "src="),
        (SectionContract, {"section": "falls"}, "test_where_nothing_happened_it_is_shown_too", "ZeroDivisionError"),
        (
            PublisherContract,
            {"publisher": "changes"},
            "test_it_leaves_the_published_files_alone",
            "copy them elsewhere",
        ),
        (CheckContract, {"check": "nervous"}, "test_of_quiet_data_it_says_nothing", "complains of data that is fine"),
        (SourceContract, {"source": "restless"}, "test_twice_the_same_data_is_the_same", "the second time"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_a_contract_says_what_is_wrong(base, said, test, words):
    made = contract(base, plugin=PLUGIN, tables=("customers", "orders"), params={"kpis": ["fine"]}, **said)
    if base is KpiContract:
        made.params = {}
    with pytest.raises((AssertionError, PluginError)) as caught:
        getattr(made(), test)()
    assert words in str(caught.value)


def test_a_publisher_says_more_than_a_word_where_it_cannot_send():
    made = contract(PublisherContract, plugin=PLUGIN, publisher="short", broken={"to": "nowhere"})
    made._typed = lambda self, raw: None
    with pytest.raises(AssertionError, match="say what is wrong"):
        made().test_what_it_raises_says_what_is_wrong()


def test_a_kpi_that_is_fine_holds_all_and_only_the_guilty_tests_of_others_fail():
    made = contract(KpiContract, plugin=PLUGIN, tables=("customers", "orders"), kpi="fine", expected={"2024-02": 5})
    assert failures(made) == {}
    made = contract(KpiContract, plugin=PLUGIN, tables=("customers", "orders"), kpi="broken_count")
    assert set(failures(made)) == {"test_its_values_lie_within_the_range_of_its_unit"}
