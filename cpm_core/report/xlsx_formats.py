"""How figures show in Excel, by unit."""

from __future__ import annotations

from typing import Any

from cpm_core.model.money import SYMBOLS
from cpm_core.model.text import Locale, Text

HOURS, DAYS = Text(en="h", zh="小时"), Text(en="days", zh="天")
FONT: dict[Locale, str] = {"en": "Arial", "zh": "Microsoft YaHei"}


def number_formats(currency: str, locale: Locale) -> dict[str, str]:
    """Excel's number format of each unit; the value in the cell stays as exact as it is."""
    symbol = SYMBOLS.get(currency, f"{currency} " if currency else "")
    money = f'"{symbol}"#,##0.00'
    return {
        "money": f"{money};-{money}",
        "count": "#,##0",
        "percent": "0.0%",
        "number": "#,##0.00#",
        "points": "0.0",
        "score": "0.00",
        "hours": f'#,##0.0" {HOURS.in_(locale)}"',
        "days": f'#,##0.0" {DAYS.in_(locale)}"',
        "": "General",
        "whole": "#,##0",
    }


class Formats:
    """The cell formats of one workbook, made once each."""

    def __init__(self, book: Any, currency: str, locale: Locale) -> None:
        self._units = number_formats(currency, locale)
        base = {"font_name": FONT[locale], "font_size": 10, "valign": "top"}
        self._by_unit = {unit: book.add_format({**base, "num_format": code}) for unit, code in self._units.items()}
        self.text = book.add_format(base)
        self.day = book.add_format({**base, "num_format": "yyyy-mm-dd"})
        self.missing = book.add_format({**base, "font_color": "#8d949d", "align": "right"})
        self.head = book.add_format({**base, "bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#f1efe9"})

    def code(self, unit: str) -> str:
        """The number format of a unit, for a chart's axis."""
        return self._units[unit]

    def of(self, unit: str, value: Any) -> Any:
        """The format of a unit; figures without one are whole or general."""
        if unit in self._by_unit and unit:
            return self._by_unit[unit]
        return self._by_unit["whole" if float(value).is_integer() else ""]
