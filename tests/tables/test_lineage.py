"""Which tables a value is made of."""

import ibis

from cpm_core.tables.lineage import base_columns, tables_behind

CUSTOMERS = ibis.table({"customer_id": "string", "region": "string"}, name="customers")
ORDERS = ibis.table({"customer_id": "string", "amount": "int64"}, name="orders")
TOUCHES = ibis.table({"customer_id": "string"}, name="interactions")


def profile():
    bought = ORDERS.group_by(_of=ORDERS.customer_id).aggregate(revenue=ORDERS.amount.sum())
    touched = TOUCHES.group_by(_of=TOUCHES.customer_id).aggregate(touches=TOUCHES.count())
    wide = CUSTOMERS.left_join(bought, CUSTOMERS.customer_id == bought["_of"]).drop("_of")
    return wide.left_join(touched, wide.customer_id == touched["_of"]).drop("_of")


def test_a_column_is_made_of_its_own_table_alone():
    assert tables_behind(profile().region) == {"customers"}
    assert tables_behind(profile().revenue) == {"orders"}


def test_rows_that_are_counted_are_what_a_count_is_made_of():
    count = profile().touches.fill_null(0)
    assert base_columns(count) == frozenset(), "it has no column"
    assert tables_behind(count) == {"interactions"}


def test_of_several_columns_all_their_tables():
    both = profile()
    assert tables_behind((both.touches > 0).ifelse(both.revenue, 0)) == {"interactions", "orders"}


def test_what_is_looked_up_in_another_table_is_made_of_it():
    assert tables_behind(CUSTOMERS.customer_id.isin(ORDERS.customer_id)) == {"customers", "orders"}
