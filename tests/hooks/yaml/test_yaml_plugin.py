"""A plugin in YAML against the same in Python, and what is told of one that is wrong."""

import pickle
import textwrap
from pathlib import Path

import pandas as pd
import pytest

from cpm_core.api import (
    AtLeast,
    Concentration,
    Derived,
    Distinct,
    Mean,
    Quantile,
    Ratio,
    Text,
    TopShare,
    Total,
    kpi,
)
from cpm_core.hooks import yaml_plugin
from cpm_core.hooks.fingerprint import fingerprint
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import CpmError, PluginError
from tests.books import book, fact, plugin

ORDERS = """
order_id customer_id ordered_at          amount kind   channel cost
1        a           2024-01-03T10:00:00 10     sale   web     4
2        a           2024-01-13T10:00:00 30     sale   shop    -
3        b           2024-01-29T10:00:00 50     sale   web     20
4        b           2024-01-30T10:00:00 -20    return web     -8
5        c           2023-12-30T10:00:00 70     sale   -       1
6        c           2023-01-15T10:00:00 5      sale   shop    1
"""
TICKETS = """
ticket_id customer_id opened_at           first_response_at   channel
1         a           2024-01-03T10:00:00 2024-01-03T11:00:00 phone
2         a           2024-01-04T10:00:00 2024-01-04T16:00:00 mail
3         b           2024-01-05T10:00:00 -                   phone
"""
YAML = """
version: "2.1"
kpis:
  web_revenue:
    title: {en: Revenue of the web shop, zh: 网店收入}
    description: {en: Net of returns., zh: 扣除退货。}
    table: orders
    at: ordered_at
    unit: money
    better: higher
    group: sales
    total: amount
    where: channel = 'web'
  phone_share:
    title: {en: Share of tickets by phone, zh: 电话工单占比}
    table: tickets
    at: opened_at
    unit: percent
    better: lower
    ratio: {of: "channel = 'phone'", to: "ticket_id is not null"}
  cost_share:
    title: {en: Cost of a unit of revenue, zh: 成本率}
    table: orders
    at: ordered_at
    unit: percent
    better: lower
    ratio: {of: cost, to: "case when cost is not null then amount end"}
    cluster: customer_id
  usual_order:
    title: {en: Usual order, zh: 常规订单}
    table: orders
    at: ordered_at
    unit: money
    better: higher
    mean: amount
    where: kind = 'sale' and amount < 60
    cluster: customer_id
  answer_hours:
    title: {en: Hours to an answer, zh: 答复小时}
    table: tickets
    at: opened_at
    unit: hours
    better: lower
    quantile:
      time: hours_between(opened_at_utc, coalesce(first_response_at_utc, opened_at_utc))
      event: first_response_at is not null
      q: 0.5
  web_buyers:
    title: {en: Buyers of the web shop, zh: 网店买家}
    table: orders
    at: ordered_at
    unit: count
    better: higher
    distinct: customer_id
    where: channel = 'web' and days_between(ordered_at, settings.as_of) <= settings.activity_days
  order_gini:
    title: {en: Inequality of orders, zh: 订单集中度}
    table: orders
    at: ordered_at
    unit: score
    better: neither
    concentration: {value: amount, tie: order_id, kind: gini}
  web_share:
    title: {en: Share of the web shop, zh: 网店占比}
    unit: percent
    better: higher
    derived: web_revenue / revenue
profile_columns:
  web_orders:
    title: {en: Orders in the web shop, zh: 网店订单}
    table: orders
    unit: count
    value: count(*)
    where: channel = 'web' and kind = 'sale'
  days_quiet:
    title: {en: Days without an order, zh: 未下单天数}
    table: orders
    unit: days
    value: days_between(max(ordered_at), settings.as_of)
tier_rules:
  by_orders:
    title: {en: By orders of the web shop, zh: 按网店订单}
    value: coalesce(web_orders, 0) * 10
    unit: number
    cut: {at_least: {VIP: 20, key: 10}}
checks:
  enough:
    title: {en: Enough orders, zh: 订单足够}
    table: [orders, tickets]
    expect: {rows: {at_least: 4}, reject_share: {at_most: 5%}, days_old: {between: [0, 3]}}
  channels:
    title: {en: Channels, zh: 渠道}
    table: orders
    expect: {empty: {channel: {at_most: 0.1}}, recent_rows: {at_least: 3}}
"""


def titled(en, zh):
    return {"en": en, "zh": zh}


@kpi(
    table="orders", at="ordered_at", unit="money", better="higher", title=titled("Revenue of the web shop", "网店收入")
)
def web_revenue(orders):
    return Total(orders.amount, where=orders.channel == "web")


@kpi(
    table="tickets",
    at="opened_at",
    unit="percent",
    better="lower",
    title=titled("Share of tickets by phone", "电话工单占比"),
)
def phone_share(tickets):
    return Ratio(tickets.channel == "phone", tickets.ticket_id.notnull())


@kpi(
    table="orders", at="ordered_at", unit="percent", better="lower", title=titled("Cost of a unit of revenue", "成本率")
)
def cost_share(orders):
    import ibis

    return Ratio(orders.cost, ibis.cases((orders.cost.notnull(), orders.amount)), cluster="customer_id")


@kpi(table="orders", at="ordered_at", unit="money", better="higher", title=titled("Usual order", "常规订单"))
def usual_order(orders):
    return Mean(orders.amount, where=(orders.kind == "sale") & (orders.amount < 60), cluster="customer_id")


@kpi(table="tickets", at="opened_at", unit="hours", better="lower", title=titled("Hours to an answer", "答复小时"))
def answer_hours(tickets):
    def seconds(instant):
        return instant.truncate("s").epoch_seconds().cast("int64")

    until = tickets.first_response_at_utc.coalesce(tickets.opened_at_utc)
    return Quantile((seconds(until) - seconds(tickets.opened_at_utc)) / 3600.0, tickets.first_response_at.notnull())


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title=titled("Buyers of the web shop", "网店买家"))
def web_buyers(orders, settings):
    import ibis

    age = ibis.literal(settings.as_of).delta(orders.ordered_at.date(), unit="day").cast("int64")
    return Distinct(orders.customer_id, where=(orders.channel == "web") & (age <= settings.activity_days))


@kpi(
    table="orders", at="ordered_at", unit="score", better="neither", title=titled("Inequality of orders", "订单集中度")
)
def order_gini(orders):
    return Concentration(orders.amount, orders.order_id, "gini")


@kpi(unit="percent", better="higher", title=titled("Share of the web shop", "网店占比"))
def web_share(web_revenue, revenue):
    return Derived(web_revenue, revenue)


PYTHON = (web_revenue, phone_share, cost_share, usual_order, answer_hours, web_buyers, order_gini, web_share)
NAMES = [one.id for one in PYTHON]
TABLES = {"orders": ORDERS, "tickets": TICKETS}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    return load(tmp_path_factory.mktemp("team"), YAML)


def load(folder: Path, text: str):
    path = folder / "team.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return yaml_plugin.load(path)


@pytest.fixture(scope="module")
def without_code(tmp_path_factory):
    home = tmp_path_factory.mktemp("yaml")
    load(home, YAML)
    plugins = Registry.load(home).plugins
    team = [one for one in plugins if one.origin == "folder"]
    made = book(
        TABLES,
        plugins=team,
        as_of="2024-01-31",
        history=2,
        kpis=NAMES,
        slices=["channel"],
        tiers={"rule": "by_orders", "margin": 0},
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def in_python():
    team = plugin("team", cpm_kpis=PYTHON)
    made = book(TABLES, plugins=[team], as_of="2024-01-31", history=2, kpis=NAMES, slices=["channel"])
    yield made.facts()
    made.close()


def test_facts_equal_those_of_the_same_kpis_in_python(without_code, in_python):
    facts = without_code.facts()
    assert set(facts["state"]) <= {"ok", "few", "no data", "undefined"}
    assert set(facts[facts["kpi"].isin(NAMES)]["provider"]) == {"team"}
    assert set(facts[facts["kpi"].isin(NAMES)]["version"]) == {"2.1"}
    # The hash of the definition is equal too: but for who provides it, nothing tells them apart.
    pd.testing.assert_frame_equal(facts.drop(columns="version"), in_python.drop(columns="version"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("web_revenue", 40),  # 10 + 50 - 20
        ("phone_share", 2 / 3),
        ("cost_share", 16 / 40),  # 4 + 20 - 8 over 10 + 50 - 20
        ("usual_order", 30),  # 10, 30, 50
        ("answer_hours", 3.5),  # half had one after 1 hour, all after 6; who waits on from 0 hours tells nothing
        ("web_buyers", 2),
        ("web_share", 40 / 70),
    ],
)
def test_figures_worked_by_hand(without_code, name, value):
    assert fact(without_code.facts(), name, "2024-01")["value"] == pytest.approx(value)


def test_columns_of_the_profile_and_the_tiers_made_of_them(without_code):
    customers = without_code.customers().set_index("customer_id")
    web, quiet, tiers = (customers[name].to_dict() for name in ("web_orders", "days_quiet", "tier"))
    assert {name: rows for name, rows in web.items() if rows > 0} == {"a": 1, "b": 1}
    assert quiet == {"a": 18, "b": 1, "c": 32}
    assert tiers == {"a": "key", "b": "key", "c": "ordinary"}


def test_checks_say_what_is_not_as_expected(without_code):
    assert without_code.warnings() == [
        "Enough orders (tickets): 3 rows, at least 4 expected",
        "Channels (orders): channel is empty in 16.7% of the rows, at most 10.0% expected",
    ]


def test_the_module_says_where_its_things_stand(module):
    assert module.__version__ == "2.1"
    assert module.__places__["web_revenue"] == YAML.splitlines().index("  web_revenue:") + 1
    assert module.__file__.endswith("team.yaml")
    (first, *_) = module.cpm_kpis()
    assert first.title == Text(en="Revenue of the web shop", zh="网店收入")
    assert (first.description, first.described_zh) == ("Net of returns.", "扣除退货。")


def test_functions_pickle_and_tell_what_they_ask_for(module):
    kpis = {one.id: one for one in module.cpm_kpis()}
    assert kpis["web_revenue"].arguments == ("orders",)
    assert kpis["web_buyers"].arguments == ("orders", "settings")
    assert kpis["web_share"].arguments == ("web_revenue", "revenue")
    functions = [
        *(one.compute for one in module.cpm_kpis()),
        *(one.compute for one in module.cpm_profile_columns()),
        *(f for one in module.cpm_tier_rules() for f in (one.value, one.cut)),
        *(one.judge for one in module.cpm_checks()),
    ]
    assert [pickle.loads(pickle.dumps(one)) for one in functions] == functions


def test_a_line_more_above_it_is_no_other_kpi(module, tmp_path):
    moved = load(tmp_path, YAML.replace("kpis:", "# of the web shop\nkpis:", 1))
    other = load(tmp_path, YAML.replace("channel = 'web'", "channel = 'shop'", 1))
    ids = [[fingerprint(one) for one in made.cpm_kpis()] for made in (module, moved, other)]
    assert ids[0] == ids[1]
    assert [place for place, (a, b) in enumerate(zip(ids[0], ids[2], strict=True)) if a != b] == [0]


def test_cuts(tmp_path):
    rule = "tier_rules: {{r: {{title: {{en: a, zh: b}}, value: trailing_revenue, cut: {{{}}}}}}}"
    (limits,) = load(tmp_path, rule.format("at_least: {VIP: 500, key: 100}")).cpm_tier_rules()
    assert limits.cut(None) == AtLeast({"VIP": 500, "key": 100})
    (shares,) = load(tmp_path, rule.format("top_share: {VIP: 5%, key: 20%}")).cpm_tier_rules()
    assert shares.cut(None) == TopShare({"VIP": 0.05, "key": 0.2})
    for wrong in (
        "at_least: {VIP: 1, key: 2}",
        "top_share: {VIP: 50%, key: 20%}",
        "share_of_value: {VIP: 1, key: 2}",
        "",
    ):
        with pytest.raises(PluginError):
            load(tmp_path, rule.format(wrong))


WRONG = """
verson: 1
kpis:
  Phone:
    title: {en: x}
    unit: percnt
    better: lower
    table: tickets
    at: opened_at
    ratio: {of: "chanel = 'phone", to: sum(amount)}
  two:
    title: {en: a, zh: b}
    unit: percent
    better: lower
    total: amount
    mean: amount
  lone:
    title: {en: a, zh: b}
    unit: percent
    better: lower
    total: amount
  fraction:
    title: {en: a, zh: b}
    unit: percent
    better: lower
    table: orders
    at: ordered_at
    ratio: {of: cost, to: amount}
    where: kind = 'sale'
  derived:
    title: {en: a, zh: b}
    unit: percent
    better: lower
    derived: revenue / orders / 2
  misspelt:
    title: {en: a, zh: b}
    unit: percent
    better: lower
    totl: amount
checks:
  none: {title: {en: a, zh: b}, table: orders, expect: {row: {at_least: 1}}}
  level: {title: {en: a, zh: b}, table: orders, level: halt, expect: {rows: {at_least: 1}}}
"""


def test_all_that_is_wrong_is_told_at_once_with_its_lines(tmp_path):
    with pytest.raises(PluginError) as caught:
        load(tmp_path, WRONG)
    lines = WRONG.splitlines()
    told = [(lines[int(one.where.rpartition(":")[2]) - 1].strip(), one) for one in caught.value.problems]
    expected = [
        ("verson: 1", "unknown key 'verson'", "version"),
        ("Phone:", "kpis.Phone: 'Phone' is no id", ""),
        ("title: {en: x}", "kpis.Phone.title: the words in 'zh' are missing", ""),
        ("unit: percnt", "kpis.Phone.unit: 'percnt' is none of", "percent"),
        ("ratio: {of:", 'kpis.Phone.ratio.of: "chanel = \'phone" does not parse', ""),
        ("ratio: {of:", "kpis.Phone.ratio.to: sum() is of many rows", ""),
        ("two:", "kpis.two: it has total and mean", ""),
        ("lone:", "kpis.lone: a total needs 'table' and 'at'", ""),
        ("fraction:", "kpis.fraction: a ratio has no 'where'", ""),
        ("derived: revenue", "kpis.derived.derived: revenue / orders is not allowed in a formula", ""),
        ("totl: amount", "unknown key 'kpis.misspelt.totl'", "total"),
        ("none: {", "unknown key 'checks.none.expect.row'", "rows"),
        ("level: {", "checks.level.level: 'halt' is none of warn, stop", ""),
    ]
    for line, what, near in expected:
        assert any(
            at.startswith(line) and one.what.startswith(what) and (near in one.nearest or not near) for at, one in told
        ), (what, [str(one) for _, one in told])
    assert len(told) == len(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "brings nothing"),
        ("version: 1", "brings nothing"),
        ("- a", "a YAML plugin is a list of lines"),
        ("kpis: [a", "does not parse"),
        ("kpis: {}\nkpis: {}", "there twice"),
        ("kpis: {class: {title: {en: a, zh: b}, unit: count, better: lower, derived: a}}", "is no id"),
    ],
)
def test_files_that_are_none(tmp_path, text, said):
    with pytest.raises(PluginError, match=said):
        load(tmp_path, text)


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "team.yaml"
    path.write_bytes(b"kpis: \xff")
    with pytest.raises(PluginError, match="not UTF-8"):
        yaml_plugin.load(path)
    with pytest.raises(PluginError, match="cannot be read"):
        yaml_plugin.load(tmp_path / "none.yaml")


LATE = """
kpis:
  late:
    title: {en: Late, zh: 迟}
    table: orders
    at: ordered_at
    unit: count
    better: lower
    total: chanel = 'web'
checks:
  odd:
    title: {en: Odd, zh: 奇}
    table: orders
    expect: {empty: {amout: {at_most: 0.1}}}
"""


def test_what_only_the_tables_tell_is_blamed_on_key_and_line(tmp_path):
    module = load(tmp_path, LATE)
    import ibis

    with pytest.raises(CpmError) as caught:
        module.cpm_kpis()[0].compute(orders=ibis.table({"channel": "string"}, name="orders"))
    (problem,) = caught.value.problems
    assert problem.what == "total: the table 'orders' has no column 'chanel'"
    assert problem.where == f"{tmp_path / 'team.yaml'}:9"
    assert problem.nearest == ("channel",)


def test_a_check_of_a_column_of_which_nothing_is_known_says_so(tmp_path):
    team = plugin("team", cpm_checks=load(tmp_path, LATE).cpm_checks())
    made = book({"orders": ORDERS}, plugins=[team], as_of="2024-01-31")
    with pytest.raises(PluginError, match="'amout' is empty is not known"):
        made.prepare()
    made.close()
