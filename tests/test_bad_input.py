"""What is wrong with params, files or rows ends as one short panel, publishes nothing and leaves `latest` as it was."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cpm_core import cli
from tests.runs.projects import notebook

PARAMS = """\
workbook: shop
title: {en: Shop, zh: 商店}
as_of: 2024-03-31
history: 3
currency: EUR
sources:
  - use: files
    tables:
      orders:
        path: ../data/orders.csv
        columns: {order_id: number, customer_id: buyer, ordered_at: day, amount: total, kind: {value: sale}}
kpis: [revenue, orders]
slices: [channel]
report: {notebook: plain, formats: [html]}
"""
ORDERS = """\
number,buyer,day,total,channel
1,a,2024-01-05,10.00,web
2,b,2024-02-06,20.50,shop
3,a,2024-03-07,30.25,web
4,c,2024-03-08,on request,web
5,b,2024-03-31,4.75,shop
"""
LINE = {text: number for number, text in enumerate(PARAMS.splitlines(), 1)}


@pytest.fixture(scope="module")
def published(tmp_path_factory, repository):
    """The shop as it was published once: good params, one row with text in its amount."""
    home = tmp_path_factory.mktemp("shop")
    write(home)
    notebook(home / "notebooks" / "plain.ipynb", "import cpm_core as cpm", "len(cpm.open(params).facts())")
    environment = pytest.MonkeyPatch()
    # The kernel works in the shop's folder, where the package is not found by itself.
    environment.setenv("PYTHONPATH", str(repository))
    code = run(home)
    environment.undo()
    return home, code


@pytest.fixture
def shop(published, monkeypatch):
    """The same, with params and data as they were; nothing may have been published by the test."""
    home, _ = published
    write(home)
    monkeypatch.chdir(home)
    before = state(home)
    yield home
    assert state(home) == before


def write(home, params=PARAMS, orders=ORDERS):
    for folder in ("params", "data"):
        (home / folder).mkdir(exist_ok=True)
    (home / "params" / "shop.yaml").write_text(params, encoding="utf-8")
    (home / "data" / "orders.csv").write_bytes(orders if isinstance(orders, bytes) else orders.encode())


def run(home, *words):
    return cli.main(["run", str(home / "params" / "shop.yaml"), "--out", str(home / "reports"), *words])


def state(home):
    """What readers see: the pointer, and every published run with its files."""
    folder = home / "reports" / "shop"
    runs = sorted(str(path.relative_to(folder)) for path in (folder / "runs").rglob("*"))
    return (folder / "latest").readlink(), (folder / "latest.json").read_text(encoding="utf-8"), runs


def panel(capsys):
    """The one panel on standard error, its lines joined."""
    err = capsys.readouterr().err
    assert err.count("╭") == err.count("╰") == 1
    assert "Traceback" not in err
    inside = err[err.index("╭") : err.index("╰")].splitlines()[1:]
    assert len(inside) <= 12
    return re.sub(r"\s+", " ", " ".join(line.strip("│ ") for line in inside))


def line_of(key):
    return next(number for text, number in LINE.items() if text.strip().startswith(key))


def test_text_in_an_amount_is_a_reject_that_is_counted_and_the_report_is_published(published):
    home, code = published
    assert code == 0
    latest = home / "reports" / "shop" / "latest"
    assert (latest / "report.html").is_file()
    (reject,) = pd.read_parquet(latest / "rejects.parquet").to_dict("records")
    assert (reject["table"], reject["reason"], reject["column"], reject["value"]) == (
        "orders",
        "not a number",
        "amount",
        "on request",
    )
    facts = pd.read_parquet(latest / "facts.parquet").set_index(["kpi", "period", "slice"])
    assert facts.loc[("revenue", "2024-03", ""), "value"].item() == 35
    assert facts.loc[("orders", "2024-03", ""), "value"].item() == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("history: 3", "histroy: 3", ["unknown key 'histroy'", f"shop.yaml:{line_of('history')}", "nearest: history"]),
        (
            "[revenue, orders]",
            "[revenu, orders]",
            ["there is no KPI 'revenu'", f"shop.yaml:{line_of('kpis')}", "nearest: revenue"],
        ),
        (
            "use: files",
            "use: fils",
            ["there is no source 'fils'", f"shop.yaml:{line_of('- use')}", "nearest: files"],
        ),
        (
            "2024-03-31",
            "end of March",
            ["as_of: 'end of March' is no date", f"shop.yaml:{line_of('as_of')}", "Write it as 2011-11-30"],
        ),
        ("2024-03-31", "2024-02-30", ["as_of: '2024-02-30' is no day of the calendar"]),
        ("kpis: [revenue", "kpis: [revenue\n  : [", ["does not parse", "shop.yaml:"]),
        (
            "amount: total",
            "amount: {sq: total}",
            ["unknown key 'sources.0.tables.orders.columns.amount.sq'", "nearest: sql"],
        ),
        (
            "../data/orders.csv",
            "../data/order.csv",
            ["there is no file", "data/order.csv", f"shop.yaml:{line_of('path')}", "nearest: orders.csv"],
        ),
        (
            "[channel]",
            "[chanel]",
            ["no table has the column 'chanel'", f"shop.yaml:{line_of('slices')}", "nearest: channel"],
        ),
    ],
)
def test_wrong_params_end_with_2_and_the_place(shop, capsys, old, new, words):
    assert old in PARAMS
    write(shop, PARAMS.replace(old, new, 1))
    assert run(shop) == 2
    told = panel(capsys)
    assert [word for word in words if word not in told] == []


def test_everything_that_is_wrong_with_a_file_is_told_at_once(shop, capsys):
    write(shop, PARAMS.replace("history: 3", "history: many").replace("EUR", "Euro").replace("title", "titel"))
    assert run(shop) == 2
    told = panel(capsys)
    for words in ("unknown key 'titel'", "'many' is no whole number", "'Euro' is no currency code"):
        assert words in told


def test_a_params_file_that_there_is_not_ends_with_2_and_the_nearest(shop, capsys):
    assert cli.main(["run", "shp", "--out", "reports"]) == 2
    told = panel(capsys)
    assert "there is no params file shp" in told
    assert "nearest: params/shop.yaml" in told


def test_an_as_of_that_is_no_date_on_the_command_line_names_it(shop, capsys):
    assert run(shop, "--as-of", "yesterday") == 2
    assert "where: --as-of" in panel(capsys)


@pytest.mark.parametrize("out", ["a_file", "a_file/below"])
def test_a_folder_that_cannot_be_written_ends_with_2(shop, capsys, out):
    # A file in the way stands for a right that is missing: root may write everywhere.
    (shop / "a_file").write_text("", encoding="utf-8")
    assert cli.main(["run", "params/shop.yaml", "--out", out]) == 2
    told = panel(capsys)
    assert "reports cannot be written" in told
    assert f"--out {out}" in told


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ("", ["the file is empty", "data/orders.csv"]),
        (ORDERS.splitlines()[0] + "\n", ["table 'orders' has no rows"]),
        (
            ORDERS.replace("total", "total_eur", 1),
            ["there is no column 'total' for 'amount'", "orders.csv", "nearest: total_eur", "Change `amount: total`"],
        ),
        (
            re.sub(r"(?m)^(\d),(.),[-0-9]+,", r"\1,\2,soon,", ORDERS),
            ["every row of table 'orders' was rejected: not a time (5), as ordered_at 'soon'"],
        ),
        (ORDERS.replace("shop", "Café").encode("cp1252"), ["is not UTF-8", "orders.csv", "encoding"]),
    ],
)
def test_wrong_data_end_with_1_and_the_place(shop, capsys, orders, words):
    write(shop, orders=orders)
    assert run(shop) == 1
    told = panel(capsys)
    assert [word for word in words if word not in told] == []


def test_a_required_column_that_nothing_maps_is_told_with_the_nearest_of_the_file(shop, capsys):
    write(shop, PARAMS.replace("amount: total, ", ""), ORDERS.replace("total", "amuont"))
    assert run(shop) == 1
    told = panel(capsys)
    assert "table 'orders' of source 'files' lacks the required column 'amount'" in told
    assert "nearest: amuont" in told


def test_an_as_of_before_the_data_ends_with_1_and_says_when_they_start(shop, capsys):
    assert run(shop, "--as-of", "2023-12-31") == 1
    assert "as_of 2023-12-31 is before the data, which starts 2024-01-05" in panel(capsys)


def test_bytes_that_are_no_text_far_down_a_file_end_with_1_too(shop, capsys):
    rows = "".join(f"{number},a,2024-03-01,1.00,web\n" for number in range(10, 60_000))
    write(shop, orders=(ORDERS + rows).encode() + "60000,a,2024-03-01,1.00,Café\n".encode("cp1252"))
    assert run(shop) == 1
    assert "is not UTF-8" in panel(capsys)


@pytest.mark.parametrize(("old", "new", "code"), [("history: 3", "histroy: 3", 2), ("amount: total", "amount: sum", 1)])
def test_the_command_itself_ends_so_too(shop, repository, old, new, code):
    write(shop, PARAMS.replace(old, new))
    words = "import sys; from cpm_core.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", words, "run", "params/shop.yaml", "--out", "reports"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    ended = subprocess.run(
        command, cwd=shop, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.count("╭") == 1
    assert "Traceback" not in ended.stderr
    assert not list((Path(shop) / "reports" / "shop").glob(".work-*"))
