"""Reasons for which rows do not conform."""

from __future__ import annotations

from collections.abc import Mapping

from cpm_core.model.text import Text

MISSING = "missing"
NOT_A_NUMBER = "not a number"
NOT_A_TIME = "not a time"
UNKNOWN_KIND = "unknown kind"
UNKNOWN_CUSTOMER = "unknown customer"
UNKNOWN_PARENT = "unknown order"
DUPLICATE = "duplicate"
CONFLICT = "conflicting duplicate"

REASONS: Mapping[str, Text] = {
    MISSING: Text(en="a required value is missing", zh="缺少必填值"),
    NOT_A_NUMBER: Text(en="not a number", zh="不是数字"),
    NOT_A_TIME: Text(en="not a date or time", zh="不是日期或时间"),
    UNKNOWN_KIND: Text(en="a kind that the table does not have", zh="未知的类型值"),
    UNKNOWN_CUSTOMER: Text(en="the customer is not in customers", zh="客户不在客户表中"),
    UNKNOWN_PARENT: Text(en="the order is not in orders", zh="订单不在订单表中"),
    DUPLICATE: Text(en="a repeated row, counted once", zh="重复行，只计一次"),
    CONFLICT: Text(en="an older version of a row", zh="同一记录的旧版本"),
}

COLUMNS: tuple[str, ...] = ("table", "source", "reason", "column", "key", "value")
"""The rejects table: one row a refused row; `value` is the offending text (never a personal one)."""
