"""What stops a preparation, what adds up after every one, and what is written down."""

from collections import Counter
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cpm_core.model.errors import DataError
from cpm_core.tables.prepared import Prepared
from tests.books import book

HEADER = "order_id customer_id ordered_at amount kind\n"


def prepare(tables, **params):
    """The prepared tables; they go with the workbook, which must be held."""
    made = book(tables, **{"as_of": "2024-01-31", **params})
    return made, made.prepare()


def failure(tables, **params):
    with pytest.raises(DataError) as caught:
        prepare(tables, **params)
    return caught.value.problems[0]


def test_a_missing_required_column_is_named_with_the_nearest():
    problem = failure({"orders": "order_id customer_id order_date amount kind\n1 a 2024-01-01 1 sale"})
    assert "'orders'" in problem.what
    assert "'ordered_at'" in problem.what
    assert "order_date" in problem.nearest


def test_a_table_without_rows():
    assert failure({"orders": HEADER}).what == "table 'orders' has no rows"


def test_all_rows_refused():
    problem = failure({"orders": f"{HEADER}1 a 2024-01-01 abc sale\n2 a 01/02/2024 1 sale"})
    assert problem.what.startswith("every row of table 'orders' was rejected: not a number (1), not a time (1)")


@pytest.mark.parametrize("customers", [None, "customer_id\na", "customer_id created_at\na 2023-01-01"])
def test_an_as_of_day_before_the_data(customers):
    tables = {"orders": f"{HEADER}1 a 2024-01-05 1 sale\n2 a 2024-01-07 1 sale"}
    problem = failure({**tables, **({"customers": customers} if customers else {})}, as_of="2023-12-31")
    assert problem.what == "as_of 2023-12-31 is before the data, which starts 2024-01-05"


def test_a_table_that_nobody_describes():
    assert failure({"purchases": "id\n1"}).what.endswith("delivers tables that nobody describes: purchases")


def test_a_folder_is_read_back_as_it_was():
    _book, found = prepare({"orders": f"{HEADER}1 a 2024-01-05 1 sale\n1 a 2024-01-05 1 sale\n2 a 2024-02-07 1 sale"})
    assert Prepared.load(found.folder) == found


def test_the_longest_gap_and_how_far_a_table_reaches():
    days = ("2023-01-01", "2024-01-05", "2024-01-12", "2024-01-14")
    rows = "\n".join(f"{day} a {day} 1 sale" for day in days)
    made = book({"orders": HEADER + rows}, as_of="2024-01-31", loaded_until={})
    stats = made.prepare().tables["orders"]
    made.close()
    # In the year before 2024-01-14 the longest gap is from the 5th to the 12th; 2023-01-01 is older.
    assert (stats.first_day, stats.last_day) == (date(2023, 1, 1), date(2024, 1, 14))
    assert stats.longest_gap == 7
    assert stats.reaches == date(2024, 1, 21)


IDS = st.sampled_from(["1", "2", "3", None])
ROW = st.tuples(
    IDS,
    st.sampled_from(["a", "b", "stranger", None]),
    st.one_of(
        st.integers(-40, 40).map(lambda days: str(date(2024, 1, 1) + timedelta(days=days))),
        st.sampled_from(["soon", None]),
    ),
    st.sampled_from(["1", "2.5", "-1", "abc", None]),
    st.sampled_from(["sale", "return", "gift", None]),
)


# Shrinking a row takes a workbook each time: what fails is small enough as it is.
@settings(max_examples=12, phases=[Phase.generate])
@given(st.lists(ROW, min_size=1, max_size=12))
def test_every_row_is_kept_refused_not_yet_or_before(rows):
    # One row is good, so that there is something to prepare.
    text = HEADER + "ok a 2024-01-15 1 sale\n" + "\n".join(" ".join(cell or "-" for cell in row) for row in rows)
    made, found = prepare({"orders": text, "customers": "customer_id\na\nb"}, since="2023-12-15")
    stats = found.tables["orders"]
    assert stats.delivered == len(rows) + 1
    assert stats.delivered == stats.kept + sum(stats.rejected.values()) + stats.not_yet + stats.before_since
    kept = pd.read_parquet(found.parquet("orders"))
    assert len(kept) == stats.kept
    refused = pd.read_parquet(found.rejects)
    assert Counter(refused["reason"]) == Counter(dict(stats.rejected))
    # What is kept is what the spec asks for.
    assert not kept.duplicated(["order_id", "kind"]).any()
    assert set(kept["customer_id"]) <= {"a", "b"}
    assert kept["ordered_at"].between("2023-12-15", "2024-01-31 23:59:59").all()
    assert ((kept["kind"] == "sale") == (kept["amount"] >= 0)).all()
    later = sum(1 for row in rows if row[2] and row[2] != "soon" and row[2] > "2024-01-31")
    assert stats.not_yet == later
    made.close()
