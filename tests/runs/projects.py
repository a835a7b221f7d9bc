"""A project with one small workbook on a CSV file, and notebooks of a few cells."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

PARAMETERS = (
    'params: str = "params/tiny.yaml"\nas_of: str | None = None\noverrides: dict | None = None\ncolour: str = "red"'
)

PARAMS = """\
workbook: {name}
title: {{en: Tiny shop, zh: 小店}}
as_of: 2024-03-31
history: 2
timezone: UTC
currency: EUR
sources:
  - use: files
    tables: {{orders: {{path: ../data/orders.csv}}}}
kpis: [revenue, orders]
report: {{notebook: {notebook}, formats: [html]}}
"""

ORDERS = """\
order_id,customer_id,ordered_at,amount,kind
1,a,2024-01-10,10.00,sale
2,b,2024-02-10,20.50,sale
3,a,2024-03-10,30.25,sale
4,b,2024-03-20,-5.25,return
5,c,2024-03-31,40.00,sale
"""


def notebook(path: Path, *sources: str, parameters: str = PARAMETERS) -> Path:
    """A notebook of code cells behind a parameters cell."""
    cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


class Project:
    """A folder with `params/`, `data/` and `notebooks/`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.out = home / "reports"
        for name in ("params", "data", "notebooks"):
            (home / name).mkdir(parents=True)
        self.orders(ORDERS)
        notebook(home / "notebooks" / "tiny.ipynb", "print(colour, overrides)", "6 * 7")
        self.params("tiny")

    def orders(self, text: str) -> None:
        (self.home / "data" / "orders.csv").write_text(text, encoding="utf-8")

    def params(self, name: str, notebook: str = "tiny", more: str = "") -> str:
        path = self.home / "params" / f"{name}.yaml"
        path.write_text(PARAMS.format(name=name, notebook=notebook) + more, encoding="utf-8")
        return str(path)

    def notebook(self, name: str, *sources: str, parameters: str = PARAMETERS) -> Path:
        return notebook(self.home / "notebooks" / f"{name}.ipynb", *sources, parameters=parameters)

    def runs(self, name: str = "tiny") -> list[str]:
        folder = self.out / name / "runs"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def latest(self, name: str = "tiny") -> str:
        return json.loads((self.out / name / "latest.json").read_text(encoding="utf-8"))["run"]

    def left_over(self, name: str = "tiny") -> list[str]:
        return sorted(path.name for path in (self.out / name).glob(".work-*"))
