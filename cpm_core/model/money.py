"""How an amount of money is written."""

from __future__ import annotations

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩"}
"""Signs of currencies that have one of their own; the others are written by their ISO 4217 code."""


def with_currency(number: str, currency: str) -> str:
    """A written number with its currency's sign or code before it; alone if there is no currency."""
    if currency in SYMBOLS:
        return f"{SYMBOLS[currency]}{number}"
    return f"{currency}\u00a0{number}" if currency else number


def amount(value: float, currency: str) -> str:
    """An amount to the cent: `£1,234.50`, `−£3.00`."""
    written = with_currency(f"{abs(value):,.2f}", currency)
    return f"\u2212{written}" if round(value, 2) < 0 else written
