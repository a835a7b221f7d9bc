"""What `cpm check` tells of params files and the headers of their data."""

import re

import pytest

from cpm_core import cli

PARAMS = """\
workbook: shop
as_of: 2024-03-31
sources:
  - use: files
    tables:
      orders: {path: ../data/orders.csv}
      tickets: {path: ../data/tickets.csv}
slices: [channel]
"""
ORDERS = "order_id,customer_id,ordered_at,amount,kind,channel,till\n1,a,2024-01-05,10.00,sale,web,7\n"
TICKETS = "ticket_id,customer_id,opened_at,kind\n1,a,2024-01-05,complaint\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("params", "data"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "params/shop.yaml", PARAMS)
    write(tmp_path, "data/orders.csv", ORDERS)
    write(tmp_path, "data/tickets.csv", TICKETS)
    return tmp_path


def write(home, file, text):
    (home / file).write_text(text, encoding="utf-8")


def rows(text):
    """The tables that were printed, by what stands in their first column; wrapped cells joined."""
    found = {}
    name = None
    for line in text.splitlines():
        if line.startswith("│"):
            first, *cells = [cell.strip() for cell in line.strip("│").split("│")]
            name = first or name
            before = found.get(name) if not first else None
            found[name] = [f"{a} {b}".strip() for a, b in zip(before, cells, strict=True)] if before else cells
    return found


def test_it_tells_tables_columns_kpis_and_slices(home, capsys):
    assert cli.main(["check", "shop"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    told = rows(out)
    assert "shop (params/shop.yaml), as of 2024-03-31" in out
    # `orders` and `tickets` are tables and KPIs: the KPIs stand last.
    assert told["orders"] == ["Orders", "✓ yes", ""]
    assert told["tickets"] == ["Tickets", "✓ yes", "not by channel"]
    assert told["revenue"] == ["Revenue", "✓ yes", ""]
    assert told["csat"][1:] == ["✗ no", "table surveys is not delivered"]
    assert told["first_response_hours"][1:] == ["✗ no", "column tickets.first_response_at is not delivered"]
    assert told["retention_rate"][1:] == ["✓ yes", "not by channel"]
    assert "Not delivered: order_lines, surveys, interactions, subscriptions, points, costs." in out
    # Of orders 6 of sales (no cost) and 12 of customers (no day of first contact, no interactions), of tickets 2.
    assert "20 of 45 KPIs are measurable" in out


def test_it_tells_which_columns_there_are_and_which_are_missing(home, capsys):
    cli.main(["check", "shop", "-y", "kpis: [revenue]"])
    told = rows(capsys.readouterr().out)
    assert told["customers"][0] == "ids that other tables name"
    assert told["orders"] == [
        "files",
        "order_id, customer_id, ordered_at, amount, kind, channel",
        "cost, category, quantity",
        "till",
    ]
    assert told["tickets"][1] == "ticket_id, customer_id, opened_at, kind"
    assert told["tickets"][2].startswith("first_response_at, resolved_at, closed_at")


def test_it_speaks_the_language_of_the_report(home, capsys):
    assert cli.main(["check", "shop", "-p", "locale", "zh"]) == 0
    out = capsys.readouterr().out
    told = rows(out)
    assert told["revenue"] == ["净销售额", "✓ 是", ""]
    assert told["csat"][1:] == ["✗ 否", "没有提供数据表 surveys"]
    assert "45 个指标中有 20 个可计算" in out


def test_it_reads_no_row_so_that_bad_values_do_not_matter(home, capsys):
    write(home, "data/orders.csv", ORDERS + "2,b,never,nothing,gift,web,1\n" * 3)
    assert cli.main(["check", "shop"]) == 0
    assert "would run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("orders", "tickets", "code", "words"),
    [
        (
            ORDERS.replace("amount", "amuont"),
            TICKETS.replace("opened_at", "opend_at"),
            1,
            [
                "table 'orders' of source 'files' lacks the required column 'amount'",
                "nearest: amuont",
                "table 'tickets' of source 'files' lacks the required column 'opened_at'",
                "nearest: opend_at",
            ],
        ),
        ("", None, 2, ["the file is empty", "there is no file data/tickets.csv", "params/shop.yaml:7"]),
        (ORDERS, "", 1, ["the file is empty", "data/tickets.csv"]),
    ],
)
def test_all_that_is_wrong_with_the_data_is_told_at_once(home, capsys, orders, tickets, code, words):
    write(home, "data/orders.csv", orders)
    if tickets is None:
        (home / "data" / "tickets.csv").unlink()
    else:
        write(home, "data/tickets.csv", tickets)
    assert cli.main(["check", "shop"]) == code
    out, err = capsys.readouterr()
    assert err.count("╭") == 1
    assert "It would not run" in out
    plain = re.sub(r"\s+", " ", err.replace("│", " "))
    assert [word for word in words if word not in plain] == []


def test_wrong_params_of_several_files_are_told_together_and_their_data_not_looked_at(home, capsys):
    write(home, "params/other.yaml", PARAMS.replace("history", "histroy") + "kpis: [revenu]\n")
    write(home, "params/third.yaml", PARAMS + "histroy: 3\n")
    assert cli.main(["check", "shop", "other", "third", "fourth"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("╭") == 1
    for words in ("there is no KPI 'revenu'", "unknown key 'histroy'", "there is no params file fourth"):
        assert words in err


def test_a_slice_that_no_table_has_is_wrong_params(home, capsys):
    assert cli.main(["check", "shop", "-y", "slices: [chanel, orders.till]"]) == 2
    err = capsys.readouterr().err
    assert "no table has the column 'chanel' to slice by" in err
    assert "nearest: channel" in err
    assert "till" not in err


def test_data_that_name_no_customer_would_not_run(home, capsys):
    write(home, "data/costs.csv", "cost_id,occurred_at,center,amount\n1,2024-01-01,service,5\n")
    tables = "sources: [{use: files, tables: {costs: {path: ../data/costs.csv}}}]"
    assert cli.main(["check", "shop", "-y", tables, "-y", "slices: []"]) == 1
    assert "no table names a customer" in capsys.readouterr().err


def test_targets_that_nothing_will_be_held_against_are_told(home, capsys):
    targets = (
        "kpis: [csat, revenue]\n"
        "slices: [channel, orders.kind]\n"
        "targets:\n"
        "  orders: {at_least: 5}\n"
        "  revenue:\n"
        "    by:\n"
        "      orders.kind: {sale: {at_least: 1}, returns: {at_most: 0}, (none): {at_most: 0}}\n"
        "      channel: {web: {at_least: 1}}\n"
    )
    write(home, "params/shop.yaml", PARAMS.replace("slices: [channel]\n", targets))
    assert cli.main(["check", "shop"]) == 0, "a warning is no error"
    out = " ".join(capsys.readouterr().out.split())
    assert "! The target of Orders is held against nothing: the report does not show this KPI." in out
    assert (
        "! The target of Revenue for returns (orders.kind) is held against nothing: "
        "the data have no such member; the nearest are return." in out
    )
    assert out.count("held against nothing") == 2


def test_a_target_by_a_slice_that_the_kpi_cannot_reach_is_told_in_the_report_s_language(home, capsys):
    extra = "locale: zh\nkpis: [tickets]\ntargets: {tickets: {by: {channel: {web: {at_most: 3}}}}}\n"
    write(home, "params/shop.yaml", PARAMS + extra)
    assert cli.main(["check", "shop"]) == 0
    assert "按channel设置的目标没有对应数据：该指标无法按此拆分" in capsys.readouterr().out
