import pytest

from cpm_core.checks.proposing.words import COLUMNS, SALES, is_one_of, likeness, tokens


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CustomerID", ("customer", "id")),
        ("kunden_nr.", ("kunden", "nr")),
        ("Rückgabe-Grund", ("ruckgabe", "grund")),
        ("首次响应时间", ("首次响应时间",)),
        ("Net Amount (USD)", ("net", "amount", "usd")),
    ],
)
def test_names_are_taken_apart_into_words(name, words):
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("table", "name", "column"),
    [
        ("orders", "Kundennummer", "customer_id"),
        ("orders", "Rechnungsbetrag", "amount"),
        ("orders", "下单时间", "ordered_at"),
        ("orders", "InvoiceDate", "ordered_at"),
        ("orders", "Order Number", "order_id"),
        ("customers", "E-Mail", "email"),
        ("customers", "注册日期", "created_at"),
        ("tickets", "首次响应时间", "first_response_at"),
        ("tickets", "Gelöst am", "resolved_at"),
        ("surveys", "How likely are you to recommend us?", "score"),
        ("subscriptions", "Vertragsbeginn", "started_at"),
    ],
)
def test_a_name_is_most_like_the_column_that_it_means(table, name, column):
    likely = {canonical: likeness(name, words) for canonical, words in COLUMNS[table].items()}
    assert max(likely, key=lambda one: likely[one]) == column
    assert likely[column] > 0.5


def test_an_unrelated_name_is_like_nothing():
    assert all(likeness("rainfall", words) < 0.5 for words in COLUMNS["orders"].values())


def test_values_are_read_in_several_languages():
    assert is_one_of("Standard order", SALES)
    assert is_one_of("销售出库", SALES)
    assert not is_one_of("Gutschrift", SALES)
