"""A shop of 50 customers and a notebook of three cells: what kills, races and tenants are tried on.

A whole `cpm run` of it is quick, and every figure can be worked out by hand: customer `i` (1 to 50) buys for `i` euros on
the first of each month from January to March 2024, so that the revenue of a month is 1 + 2 + … + 50 = 1,275.00.
"""

from __future__ import annotations

from pathlib import Path

from tests.runs.projects import Project

CUSTOMERS = 50
REVENUE = 1275.0
"""Of each month, in EUR."""
MONTHS = ("2024-01", "2024-02", "2024-03")
REGIONS = ("North", "South")
"""Of customers with an odd and an even number."""

PARAMS = """\
workbook: {name}
title: {{en: Fifty customers, zh: 五十位客户}}
as_of: 2024-03-31
history: 3
timezone: UTC
currency: EUR
sources:
  - use: files
    tables:
      customers: {{path: ../data/customers.csv}}
      orders: {{path: {orders}}}
kpis: [revenue, orders]
report: {{notebook: fifty, formats: [html]}}
"""

PARAMETERS = 'params: str = "params/fifty.yaml"\nas_of: str | None = None\noverrides: dict | None = None'
CELLS = (
    "import cpm_core as cpm\n\nbook = cpm.open(params, as_of=as_of, **(overrides or {}))",
    "book.report.scorecard()",
)


def orders(scale: int = 1) -> str:
    """The orders as CSV; ``scale`` multiplies every amount."""
    lines = ["order_id,customer_id,ordered_at,amount,kind"]
    lines += [
        f"{month}-{number},c{number},{month}-01,{number * scale}.00,sale"
        for month in MONTHS
        for number in range(1, CUSTOMERS + 1)
    ]
    return "\n".join(lines) + "\n"


class Fifty(Project):
    """A folder with `params/fifty.yaml`, `data/` and `notebooks/fifty.ipynb`."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        numbers = range(1, CUSTOMERS + 1)
        rows = [f"c{number},{REGIONS[(number - 1) % 2]}" for number in numbers]
        (home / "data" / "customers.csv").write_text("\n".join(["customer_id,region", *rows]) + "\n", encoding="utf-8")
        self.orders(orders())
        self.notebook("fifty", *CELLS, parameters=PARAMETERS)
        self.tenant("fifty")

    def tenant(self, name: str, orders: str = "../data/orders.csv", more: str = "") -> str:
        """Write a params file; ``orders`` is its file of orders, from `params/`."""
        path = self.home / "params" / f"{name}.yaml"
        path.write_text(PARAMS.format(name=name, orders=orders) + more, encoding="utf-8")
        return str(path)
