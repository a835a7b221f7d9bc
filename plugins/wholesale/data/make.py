"""Write the made-up data of `params/wholesale.yaml`: 48 businesses, 19 months, the same in every run.

Deliveries get slower from March 2025 on, and the customers of the south pay late.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
FIRST, LAST = date(2023, 12, 1), date(2025, 6, 30)
SLOWER = date(2025, 3, 1)
REGIONS = ("North", "East", "South", "West")


def customers(dice: random.Random) -> list[dict[str, object]]:
    """Businesses, every eighth of them a strategic account, with what they spend in a year on such goods."""
    return [
        {
            "customer_id": f"B{number:03}",
            "segment": "strategic" if number % 8 == 0 else "trade",
            "region": REGIONS[number % 4],
            "size": round(dice.lognormvariate(6.2, 0.5)),
            "every": dice.choice((14, 21, 30, 45)),
            "stops": FIRST + timedelta(days=420) if number in (5, 13, 26) else LAST,
        }
        for number in range(1, 49)
    ]


def orders(dice: random.Random, businesses: list[dict[str, object]]) -> list[dict[str, object]]:
    """Orders with a promised day, all but a few delivered by the end."""
    rows = []
    for business in businesses:
        day = FIRST + timedelta(days=dice.randrange(30))
        while day <= min(LAST, business["stops"]):
            late = 0.22 if day >= SLOWER else 0.08
            promised = day + timedelta(days=dice.choice((3, 5, 7)))
            delivered = promised + timedelta(days=dice.randint(1, 6) if dice.random() < late else -dice.randint(0, 2))
            amount = round(business["size"] * dice.uniform(0.5, 1.5), 2)
            rows.append(
                {
                    "customer_id": business["customer_id"],
                    "ordered_at": day,
                    "promised_at": promised,
                    "delivered_at": delivered if delivered <= LAST else "",
                    "amount": f"{amount:.2f}",
                    "cost": f"{amount * dice.uniform(0.6, 0.8):.2f}",
                    "kind": "sale",
                }
            )
            day += timedelta(days=max(3, round(business["every"] * dice.uniform(0.6, 1.4))))
    rows.sort(key=lambda row: (row["ordered_at"], row["customer_id"]))
    return [{"order_id": f"O{number:05}", **row} for number, row in enumerate(rows, start=1)]


def invoices(
    dice: random.Random, businesses: list[dict[str, object]], sold: list[dict[str, object]]
) -> list[dict[str, object]]:
    """An invoice an order, due in 30 days; one in forty is corrected by a credit note."""
    region = {business["customer_id"]: business["region"] for business in businesses}
    rows = []
    for order in sold:
        issued = order["promised_at"]
        if issued > LAST:
            continue
        due = issued + timedelta(days=30)
        paid = due + timedelta(
            days=dice.randint(0, 40) if region[order["customer_id"]] == "South" else dice.randint(-12, 9)
        )
        row = {"customer_id": order["customer_id"], "issued_at": issued, "due_at": due, "kind": "invoice"}
        settled = {"paid_at": paid if paid <= LAST else ""}
        rows.append({**row, **settled, "amount": order["amount"]})
        if dice.random() < 1 / 40:
            credit = f"{-0.2 * float(order['amount']):.2f}"
            rows.append({**row, **settled, "kind": "credit_note", "amount": credit})
    return [{"invoice_id": f"I{number:05}", **row} for number, row in enumerate(rows, start=1)]


def wallets(dice: random.Random, businesses: list[dict[str, object]]) -> list[dict[str, object]]:
    """Estimates of the sales people, for two of three businesses."""
    return [
        {
            "customer_id": business["customer_id"],
            "yearly_spend": round(business["size"] * 365 / business["every"] * dice.uniform(1.2, 4), -2),
        }
        for business in businesses
        if int(str(business["customer_id"])[1:]) % 3
    ]


def write(folder: Path = HERE) -> None:
    """Write the four files."""
    dice = random.Random(20250630)  # noqa: S311  # made-up data are no secret
    businesses = customers(dice)
    sold = orders(dice, businesses)
    _csv(folder / "customers.csv", ({k: b[k] for k in ("customer_id", "segment", "region")} for b in businesses))
    _csv(folder / "orders.csv", sold)
    _csv(folder / "invoices.csv", invoices(dice, businesses, sold))
    _csv(folder / "wallets.csv", wallets(dice, businesses))


def _csv(path: Path, rows: Iterable[dict[str, object]]) -> None:
    found = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


if __name__ == "__main__":
    write()
