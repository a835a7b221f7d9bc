"""What `cpm new` makes of files: tables, columns, formats, constants, and what it says it is unsure of."""

from decimal import Decimal

import pandas as pd
import pytest
import yaml

import cpm_core as cpm
from cpm_core.checks.propose import new_params
from cpm_core.model.errors import DataError, UsageError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def propose(home, capsys):
    """Write files, run `cpm new` on them; its params as YAML reads them, and what it said."""

    def run(files, name="shop"):
        for file, content in files.items():
            path = home / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert new_params(name, list(files), home / "params") == 0
        text = (home / "params" / f"{name}.yaml").read_text(encoding="utf-8")
        made = yaml.safe_load(text)
        return made, made["sources"][0]["tables"], capsys.readouterr().out

    return run


ORDERS = """\
order_id,customer_id,ordered_at,amount,kind,channel
1,a,2024-01-05 10:00,10.00,sale,web
2,b,2024-02-06 11:30,20.50,sale,shop
3,a,2024-02-07 12:00,-5.00,return,web
4,c,2024-03-31 09:00,30.25,sale,web
"""
LINES = """\
Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
1001,A1,Mug,2,12/1/2010 8:26,2.55,17850,France
1001,B2,Plate,1,12/1/2010 8:26,10.00,17850,France
1002,A1,Mug,3,12/1/2010 8:34,2.50,13047,Spain
1003,A1,Mug,4,12/13/2010 9:00,2.50,17850,France
C1004,A1,Mug,-1,12/14/2010 9:05,2.55,17850,France
C1004,B2,Plate,-1,12/14/2010 9:05,10.00,17850,France
1005,C3,Bowl,1,12/20/2010 16:00,7.00,,Italy
"""


def test_files_in_the_words_of_the_vocabulary_are_mapped_by_name(propose):
    made, tables, _ = propose({"orders.csv": ORDERS})
    names = ("order_id", "customer_id", "ordered_at", "amount", "kind", "channel")
    assert tables["orders"] == {"path": "../orders.csv", "columns": {name: name for name in names}}
    assert str(made["as_of"]) == "2024-03-31"
    assert (made["period"], made["slices"]) == ("month", ["channel"])
    assert "currency" not in made


def test_lines_of_invoices_are_added_up_to_orders_and_returns(propose, home):
    made, tables, said = propose({"data/Online Retail.csv": LINES})
    assert set(tables) == {"customers", "orders"}
    assert "GROUP BY" in tables["orders"]["query"]
    assert str(made["as_of"]) == "2010-12-20"
    book = cpm.open(home / "params" / "shop.yaml")
    orders = book.tables["orders"].execute().set_index("order_id").sort_index()
    # 2 × 2.55 + 10.00, 3 × 2.50, 4 × 2.50, and 2.55 + 10.00 back.
    assert orders["amount"].to_dict() == {
        "1001": Decimal("15.1"),
        "1002": Decimal("7.5"),
        "1003": Decimal(10),
        "C1004": Decimal("-12.55"),
    }
    assert orders["kind"].to_dict() == {"1001": "sale", "1002": "sale", "1003": "sale", "C1004": "return"}
    assert orders.loc["1001", "ordered_at"] == pd.Timestamp("2010-12-01 08:26")
    assert orders.loc["1001", "quantity"] == 3
    # The order without a customer is refused, not dropped.
    (reject,) = book.rejects().to_dict("records")
    assert (reject["reason"], reject["column"], reject["key"]) == ("missing", "customer_id", "1005 sale")
    assert book.customers().set_index("customer_id")["region"].to_dict() == {"17850": "France", "13047": "Spain"}
    assert "7 rows, 5 orders" in said


def test_an_order_with_a_line_that_holds_no_number_is_refused_and_not_half_counted(propose, home):
    rows = "".join(f"{n},A1,Mug,1,12/{n - 1000}/2010 8:00,1.00,17850,France\n" * 2 for n in range(1006, 1031))
    propose(
        {
            "lines.csv": LINES
            + rows
            + "1031,A1,Mug,1,12/21/2010 9:00,free,17850,France\n1031,B2,Plate,1,12/21/2010 9:00,10.00,17850,France\n"
        }
    )
    book = cpm.open(home / "params" / "shop.yaml")
    assert "1031" not in set(book.tables["orders"].execute()["order_id"])
    assert ("1031 sale", "amount") in {(one["key"], one["column"]) for one in book.rejects().to_dict("records")}


def test_an_order_total_that_every_line_repeats_is_taken_once(propose, home):
    rows = "".join(f"{n},P{i},{n}0.00,2024-01-{n:02},k{n % 4}\n" for n in range(1, 13) for i in range(2))
    _, _, said = propose({"orders.csv": "order,product,order total,order date,customer\n" + rows})
    book = cpm.open(home / "params" / "shop.yaml")
    assert book.tables["orders"].execute()["amount"].sum() == Decimal(sum(10 * n for n in range(1, 13)))
    assert "the same on all lines" in said


GERMAN = """\
Belegnr;Kunde;Datum;Betrag;Filiale
1;k1;01.12.2023;1.234,56;Nord
2;k2;15.12.2023;12,00;Süd
3;k1;31.01.2024;-3,50;Nord
4;k3;29.02.2024;1.000,00;Süd
"""


def test_german_dates_and_decimal_commas(propose, home):
    _, tables, _ = propose({"Umsätze.csv": GERMAN.encode("cp1252")})
    assert tables["orders"]["encoding"] == "cp1252"
    assert "'%d.%m.%Y'" in tables["orders"]["columns"]["ordered_at"]["sql"]
    book = cpm.open(home / "params" / "shop.yaml")
    orders = book.tables["orders"].execute().set_index("order_id")
    assert orders["amount"].to_dict() == {
        "1": Decimal("1234.56"),
        "2": Decimal(12),
        "3": Decimal("-3.5"),
        "4": Decimal(1000),
    }
    assert orders.loc["4", "ordered_at"] == pd.Timestamp("2024-02-29")
    assert orders["kind"].to_dict() == {"1": "sale", "2": "sale", "3": "return", "4": "sale"}
    assert set(book.customers()["region"]) == {"Nord", "Süd"}


def test_a_date_that_cannot_be_read_stays_to_be_refused_by_its_value(propose, home):
    rows = "".join(f"{n};k{n % 7};{1 + n % 28:02}.01.2024;1,00;Nord\n" for n in range(5, 65))
    propose({"belege.csv": GERMAN + rows + "99;k1;bald;1,00;Nord\n"})
    (reject,) = cpm.open(home / "params" / "shop.yaml").rejects().to_dict("records")
    assert (reject["reason"], reject["column"], reject["value"]) == ("not a time", "ordered_at", "bald")


@pytest.mark.parametrize(
    ("days", "form", "unsure"),
    [
        (("13/01/2024", "14/01/2024", "02/02/2024"), "%d/%m/%Y", False),
        (("01/13/2024", "01/14/2024", "02/02/2024"), "%m/%d/%Y", False),
        # Every day is below 13: the file lies in the order of time only one way.
        (("03/01/2024", "04/01/2024", "01/02/2024"), "%d/%m/%Y", True),
        (("01/03/2024", "01/04/2024", "02/01/2024"), "%m/%d/%Y", True),
    ],
)
def test_days_and_months_are_told_apart_by_value_and_order(propose, days, form, unsure):
    rows = "".join(f"{n},k{n},{day},5.00\n" for n, day in enumerate(days))
    _, tables, said = propose({"orders.csv": "order,customer,date,total\n" + rows})
    assert f"'{form}'" in tables["orders"]["columns"]["ordered_at"]["sql"]
    assert ("can be read in two ways" in said) is unsure


CHINESE = "客户编号,下单时间,订单编号,实付金额,类型\nk1,2024年1月5日 9:05,1,￥1,200.50,销售\n".replace(
    "￥1,200.50", '"￥1,200.50"'
)


def test_gb18030_text_with_chinese_dates_and_signs_of_money(propose, home):
    more = "k2,2024年1月6日 10:00,2,￥80.00,销售\nk1,2024年2月7日 11:00,3,￥20.00,退货\n"
    made, tables, said = propose({"订单.csv": (CHINESE + more).encode("gb18030")})
    assert tables["orders"]["encoding"] == "gb18030"
    assert (made["locale"], made["currency"]) == ("zh", "CNY")
    book = cpm.open(home / "params" / "shop.yaml")
    orders = book.tables["orders"].execute().set_index("order_id")
    # A return without a sign gets one.
    assert orders["amount"].to_dict() == {"1": Decimal("1200.5"), "2": Decimal(80), "3": Decimal(-20)}
    assert orders["kind"].to_dict() == {"1": "sale", "2": "sale", "3": "return"}
    assert "不确定" in said


def test_surveys_get_the_kind_and_scale_that_the_scores_suggest(propose):
    nps = "id,client,date,How likely are you to recommend us?\n" + "".join(
        f"{n},k{n % 5},2024-01-{1 + n % 28:02},{n % 11}\n" for n in range(40)
    )
    _, tables, said = propose({"orders.csv": ORDERS, "answers.csv": nps})
    columns = tables["surveys"]["columns"]
    assert (columns["kind"], columns["scale_min"], columns["scale_max"]) == (
        {"value": "nps"},
        {"value": 0},
        {"value": 10},
    )
    assert "guessed from the scores, 0 to 10" in said


def test_several_kinds_of_questions_have_several_scales(propose, home):
    rows = "".join(
        f"{n},k{n % 5},2024-01-{1 + n % 28:02},{'NPS' if n % 2 else 'Satisfaction'},{n % 11 if n % 2 else 1 + n % 5}\n"
        for n in range(40)
    )
    propose({"orders.csv": ORDERS, "survey.csv": "response_id,customer,answered at,question type,rating\n" + rows})
    book = cpm.open(home / "params" / "shop.yaml")
    surveys = book.tables["surveys"].execute()
    scales = surveys.groupby("kind")[["scale_min", "scale_max"]].agg(["min", "max"])
    assert scales.loc["nps"].to_list() == [0, 0, 10, 10]
    assert scales.loc["csat"].to_list() == [1, 1, 5, 5]


def test_files_that_are_named_alike_become_one_pattern(propose, home):
    files = {f"sales/2024-0{month}.csv": ORDERS.replace("2024-01", f"2024-0{month}") for month in (1, 2, 3)}
    _, tables, _ = propose(files)
    assert tables["orders"]["path"] == "../sales/2024-0*.csv"


def test_a_further_file_of_a_table_is_put_to_the_first(propose, home):
    other = "Order No,Customer No,Order Date,Total\n" + "".join(f"9{n},z{n},2024-03-{n:02},1.00\n" for n in range(1, 6))
    made, tables, said = propose({"orders.csv": ORDERS, "old orders.csv": other})
    assert [list(source["tables"]) for source in made["sources"]] == [["orders"], ["orders"]]
    assert "a further file of orders" in said
    book = cpm.open(home / "params" / "shop.yaml")
    assert len(book.tables["orders"].execute()) == 4 + 5
    assert tables["orders"]["path"] in ("../orders.csv", "../old orders.csv")


def test_a_file_that_is_not_used_is_told(propose):
    _, tables, said = propose({"orders.csv": ORDERS, "weather.csv": "day,rain\n2024-01-01,3\n2024-01-02,4\n"})
    assert list(tables) == ["orders"]
    assert "weather.csv is not used: it is not clear which table it is" in said


def test_nothing_is_overwritten(propose, home):
    propose({"orders.csv": ORDERS})
    before = (home / "params" / "shop.yaml").read_bytes()
    with pytest.raises(UsageError, match=r"params/shop\.yaml is there already"):
        new_params("shop", ["orders.csv"], home / "params")
    assert (home / "params" / "shop.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("shop", "order.csv", "there is no file order.csv"),
        ("shop", "notes.pdf", "no kind of file that can be read"),
        ("my shop", "orders.csv", "cannot be a folder's name"),
    ],
)
def test_wrong_usage_is_told_and_nothing_written(home, name, file, words):
    (home / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (home / "notes.pdf").write_bytes(b"%PDF")
    with pytest.raises(UsageError, match=words):
        new_params(name, [file], home / "params")
    assert not (home / "params").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("day,rain\n2024-01-01,3\n", "looks like none of the tables"),
        ("order_id,customer_id,ordered_at,amount\n", "the files have no rows"),
        ("", "the file is empty"),
    ],
)
def test_files_that_nothing_can_be_made_of_are_data_errors(home, content, words):
    (home / "some.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        new_params("shop", ["some.csv"], home / "params")
    assert not (home / "params").exists()


def test_parquet_and_excel_sheets_are_read_in_their_own_types(propose, home):
    frame = pd.DataFrame(
        {
            "OrderNumber": [1, 2, 3],
            "Customer": ["a", "b", "a"],
            "OrderDate": pd.to_datetime(["2024-01-05", "2024-02-06", "2024-03-07"]),
            "OrderTotal": [10.5, 20.25, 30.0],
        }
    )
    frame.to_parquet(home / "orders.parquet")
    _, tables, _ = propose({"orders.parquet": (home / "orders.parquet").read_bytes()})
    assert tables["orders"]["columns"] == {
        "order_id": "OrderNumber",
        "customer_id": "Customer",
        "ordered_at": "OrderDate",
        "amount": "OrderTotal",
        "kind": {"value": "sale"},
    }
    frame.to_excel(home / "book.xlsx", index=False, engine="xlsxwriter")
    _, tables, _ = propose({"book.xlsx": (home / "book.xlsx").read_bytes()}, "other")
    assert tables["orders"]["columns"]["ordered_at"] == "OrderDate"
    book = cpm.open(home / "params" / "other.yaml")
    assert book.tables["orders"].execute()["amount"].sum() == Decimal("60.75")


def test_a_whole_business_is_told_apart_by_names_and_values(propose, home):
    days = [f"2023-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(60)]
    files = {
        "accounts.csv": "Client ID,Company Name,Industry,Customer Since\n"
        + "".join(f"C{n},Company {n},{'Retail' if n % 2 else 'Pharma'},2020-05-01\n" for n in range(10)),
        "invoices.csv": "Invoice No,Client,Date,Net Amount (USD),Type\n"
        + "".join(
            f'I{n},C{n % 10},{day},"$1,{n:03}.50",{"Credit Note" if n % 9 == 8 else "Invoice"}\n'
            for n, day in enumerate(days)
        ),
        "support cases.csv": "Case Number,Client,Created,First Reply,Case Type\n"
        + "".join(
            f"{n},C{n % 10},{day} 10:00,{day} 1{n % 9}:30,{'Complaint' if n % 3 else 'Other'}\n"
            for n, day in enumerate(days)
        ),
        "contracts.csv": "Contract,Client,Start Date,End Date,ARR\n"
        + "".join(f'K{n},C{n},2022-01-01,{"2023-06-30" if n == 3 else ""},"{12 + n},000"\n' for n in range(10)),
        "积分流水.csv": (
            "流水号,会员号,日期,积分变动,类型\n"
            + "".join(f"{n},C{n % 10},202301{10 + n},{n},获得\n" for n in range(15))
        ).encode("gb18030"),
        "Kosten.csv": "Kostenstelle;Buchungsdatum;Betrag\n"
        + "".join(f"Service;{1 + n:02}.02.2023;{n},75\n" for n in range(15)),
    }
    made, tables, _ = propose(files)
    assert list(tables) == ["customers", "orders", "tickets", "subscriptions", "points", "costs"]
    assert made["currency"] == "USD"
    assert tables["tickets"]["columns"]["first_response_at"] == "First Reply"
    book = cpm.open(home / "params" / "shop.yaml")
    assert book.rejects().empty
    sums = {name: book.tables[name] for name in ("orders", "subscriptions", "points", "costs")}
    orders = sums["orders"].execute()
    # Six of the sixty are credit notes: n = 8, 17, 26, 35, 44, 53, written without a sign.
    assert (orders["kind"] == "return").sum() == 6
    # 6 × 1,000.50 + 8 + 17 + 26 + 35 + 44 + 53.
    assert orders.loc[orders["kind"] == "return", "amount"].sum() == Decimal(-6186)
    assert sums["subscriptions"].execute()["monthly_amount"].min() == 1000
    assert sums["points"].execute()["occurred_at"].min() == pd.Timestamp("2023-01-10")
    assert sums["costs"].execute()["amount"].sum() == Decimal("116.25")
    assert set(book.tables["tickets"].execute()["kind"]) == {"complaint", "Other"}
