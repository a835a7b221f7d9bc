"""Online Retail II: two years of a British online gift wholesaler (UCI, CC BY 4.0; see README.md).

An order is an invoice; an invoice whose number starts with `C` is a return. `line_no` is the row's
position in the file, so that identical lines are kept.
"""

from pathlib import Path

from cpm_core.api import Delivery, Reject, Source, Text, hookimpl

FILE = Path(__file__).with_name("online_retail_ii.parquet")

_LINES = """
SELECT Invoice AS order_id, CAST("Customer ID" AS VARCHAR) AS customer_id, InvoiceDate AS ordered_at,
       row_number() OVER () AS line_no, StockCode AS product_id, Quantity AS quantity,
       CAST(Price AS DECIMAL(18, 4)) AS unit_price,
       CAST(Quantity * CAST(Price AS DECIMAL(18, 4)) AS DECIMAL(18, 4)) AS amount,
       Country AS region, CASE WHEN Invoice LIKE 'C%' THEN 'return' ELSE 'sale' END AS kind
FROM raw
"""
_JUDGED = """
SELECT *, CASE WHEN customer_id IS NULL THEN 'no customer'
               WHEN kind = 'sale' AND (unit_price <= 0 OR quantity <= 0) THEN 'no sale' END AS reason
FROM lines
"""
_ORDERS = """
SELECT order_id, customer_id, min(ordered_at) AS ordered_at, sum(amount) AS amount, kind,
       sum(quantity) AS quantity, arg_max(region, line_no) AS region
FROM good GROUP BY order_id, customer_id, kind
"""
_CUSTOMERS = """
SELECT customer_id, arg_max(region, (ordered_at, order_id)) AS region
FROM orders WHERE ordered_at < DATE '{day}' + 1 GROUP BY customer_id
"""
_LINE_COLUMNS = ("order_id", "line_no", "ordered_at", "product_id", "quantity", "unit_price", "amount")


def _fetch(context):
    raw = context.read_parquet(FILE)
    lines = context.sql(_LINES, raw=raw)
    judged = context.sql(_JUDGED, lines=lines)
    good = judged.filter(judged.reason.isnull())
    bad = judged.filter(judged.reason.notnull())
    orders = context.sql(_ORDERS, good=good)
    customers = context.sql(_CUSTOMERS.format(day=context.as_of), orders=orders)
    return {
        "customers": Delivery(customers, dated=("region",)),
        "orders": Delivery(orders.drop("region")),
        "order_lines": Delivery(good.select(*_LINE_COLUMNS), rejects=bad.select(*_LINE_COLUMNS, "reason")),
    }


@hookimpl
def cpm_sources():
    """The wholesaler's order lines."""
    return [
        Source(
            id="online_retail",
            title=Text(en="Online Retail II", zh="Online Retail II 在线零售数据"),
            fetch=_fetch,
            reasons=(
                Reject("no customer", Text(en="a line without a customer", zh="没有客户编号的明细行")),
                Reject(
                    "no sale",
                    Text(
                        en="a line that is no sale (price or quantity not above zero)",
                        zh="并非销售(单价或数量不大于零)",
                    ),
                ),
            ),
        )
    ]
