"""A workbook on one's own files, mapped in YAML alone; its figures are worked by hand from the files.

`Bestellungen.csv` is Windows text with semicolons, decimal commas and German dates; `工单.csv` is GB 18030;
`客户.xlsx` holds customers and survey answers in two sheets.
"""

from pathlib import Path

import pytest

import cpm_core as cpm

HERE = Path(__file__).parent
MONTHS = ("2024-01", "2024-02", "2024-03")


@pytest.fixture(scope="module")
def book():
    opened = cpm.open(HERE / "params" / "own.yaml")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def figure(book):
    facts = book.facts()
    facts = facts.set_index(["kpi", "period", "slice", "member"])

    def find(kpi, period="2024-03", slice_="", member="", what="value"):
        return facts.loc[(kpi, period, slice_, member), what]

    return find


@pytest.mark.parametrize(
    ("kpi", "by_month"),
    [
        # January: 1,200.00 + 80.50; February: 300.00 + 450.25, and 200.00 back; March: 99.90 + 1,050.10 + 20.00.
        ("revenue", (1280.50, 550.25, 1170.00)),
        ("gross_sales", (1280.50, 750.25, 1170.00)),
        ("orders", (2, 2, 3)),
        ("return_rate", (0, 200 / 750.25, 0)),
        ("average_order_value", (1280.50 / 2, 750.25 / 2, 1170 / 3)),
        ("active_customers", (2, 2, 3)),
        ("tickets", (1, 0, 3)),
        # Of the customers served in March (K02 and K03 with both, K04 with a sale, K01 with a ticket) one complained.
        ("complaint_rate", (0, 0, 1 / 4)),
    ],
)
def test_every_month_has_the_figures_of_the_files(figure, kpi, by_month):
    assert [figure(kpi, month) for month in MONTHS] == pytest.approx(by_month)


def test_answers_and_waiting_times_of_march(figure):
    # Answers of 4, 2 and 5 out of 5: two of three in the top quarter. Four were sent, three answered.
    assert (figure("csat", what="numerator"), figure("csat", what="denominator")) == (2, 3)
    # Sent by 17 March, two weeks before the as-of day: S2, S3 answered, S4 not; S5 is not due.
    assert (figure("survey_response_rate", what="numerator"), figure("survey_response_rate", what="denominator")) == (
        2,
        3,
    )
    # Hours to the first response: 1, 3 and 5.
    assert figure("first_response_hours") == 3


def test_slices_by_a_column_of_the_excel_file_and_by_one_of_the_csv(figure):
    # K01 and K03 are in 华东, K02 in 华北, K04 in 华南.
    assert figure("revenue", slice_="region", member="华东") == 20
    assert figure("revenue", slice_="region", member="华北") == pytest.approx(99.90)
    assert figure("revenue", slice_="region", member="华南") == pytest.approx(1050.10)
    assert figure("revenue", "2024-01", "region", "华东") == 1200
    assert figure("tickets", slice_="region", member="华东") == 2
    assert figure("revenue", slice_="channel", member="Filiale") == pytest.approx(1050.10)
    assert figure("revenue", slice_="channel", member="Online") == pytest.approx(119.90)


def test_a_slice_that_a_kpi_cannot_reach_has_no_rows(book):
    facts = book.facts()
    by_channel = set(facts.loc[facts["slice"] == "channel", "kpi"])
    assert "revenue" in by_channel
    # No ticket and no customer of these files has a channel.
    assert not by_channel & {"tickets", "first_response_hours", "complaint_rate", "csat", "retention_rate"}


def test_words_of_every_encoding_are_read_and_no_row_is_lost(book):
    customers = book.customers().set_index("customer_id")
    assert customers.loc["K01", "segment"] == "金牌"
    orders = book.tables["orders"].execute()
    assert set(orders["Belegart"]) == {"Rechnung", "Rückgabe"}
    assert set(book.tables["tickets"].execute()["team"]) == {"一组", "二组"}
    assert len(orders) == 8
    assert book.rejects().empty
