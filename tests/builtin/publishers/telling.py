"""A run to tell of, with all that a message may show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cpm_core.api import Figure, Run, Text

ID = "2024-03-31-00000000"


def facts(folder: Path) -> None:
    """Three months of revenue and of a share, and one month of orders."""
    values = {
        "revenue": [100.0, 120.0, 90.0],
        "retention_rate": [0.9, 0.8, 0.7],
        "orders": [5.0],
    }
    rows = [
        {
            "kpi": kpi,
            "period": f"2024-0{month}",
            "period_start": pd.Timestamp(2024, month, 1),
            "value": value,
            "complete": month < 3,
            "slice": "",
        }
        for kpi, of in values.items()
        for month, value in enumerate(of, start=1)
    ]
    pd.DataFrame(rows).to_parquet(folder / "facts.parquet", index=False)


def published(home: Path, **about: Any) -> Run:
    """A run of a report that stands."""
    folder = home / "reports" / "shop" / "runs" / ID
    folder.mkdir(parents=True, exist_ok=True)
    facts(folder)
    (folder / "report.html").write_text("page", encoding="utf-8")
    (folder / "workbook.xlsx").write_bytes(b"PK" + bytes(2000))
    figures = (
        Figure("revenue", "Revenue", "money", "£90.00", "−25.0%", "bad", "≥ £80.00", "met"),
        Figure("retention_rate", "Retention <rate>", "percent", "70.0%", "−10.0 pp", "bad", "≥ 90%", "missed", "below"),
        Figure("orders", "Orders", "count", "5", "", "flat"),
    )
    given: dict[str, Any] = {
        "workbook": "shop",
        "as_of": date(2024, 3, 31),
        "params": home / "params" / "shop.yaml",
        "id": ID,
        "folder": folder,
        "report": "shop",
        "title": Text(en="The shop", zh="小店"),
        "period": "March 2024",
        "summary": "1 of 2 targets met, 1 missed; 1 figure moved by more than noise.",
        "figures": figures,
        "link": f"https://share.example.com/shop/runs/{ID}/report.html",
        "notice": f"shop/report/{ID}",
        "at": datetime(2024, 4, 1, 6, tzinfo=UTC),
    }
    return Run(**{**given, **about})


def failed(home: Path, **about: Any) -> Run:
    """A run that failed."""
    given: dict[str, Any] = {
        "state": "failed",
        "id": "",
        "folder": None,
        "figures": (),
        "summary": "",
        "problems": ("data/orders.csv: there is no such file. Write the right path.",),
        "link": "https://share.example.com/index.html",
        "notice": "shop/failure/1",
    }
    return published(home, **{**given, **about})
