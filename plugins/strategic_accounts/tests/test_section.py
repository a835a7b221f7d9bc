from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from cpm_core.testing import SectionContract, plugin_of

PLUGIN = Path(__file__).parents[1]
render = plugin_of(PLUGIN).module.section.render


class TestCustomersAtRisk(SectionContract):
    plugin = PLUGIN
    section = "customers_at_risk"
    tables = ("customers", "orders")
    params = {"tiers": {"rule": "strategic_accounts", "segments": ["strategic"], "margin": 0}}


def book(locale="en", rule="strategic_accounts", **columns):
    frame = pd.DataFrame(columns)
    params, settings = SimpleNamespace(tiers=SimpleNamespace(rule=rule)), SimpleNamespace(as_of=date(2024, 1, 31))
    return SimpleNamespace(customers=lambda: frame, locale=locale, settings=settings, params=params)


@pytest.fixture
def customers():
    return {
        "customer_id": ["a", "b", "c&d", "e"],
        "stage": ["at_risk", "active", "dormant", "at_risk"],
        "tier": ["key", "VIP", "ordinary", None],
        "trailing_revenue": [100.0, 600.0, 1200.0, 100.0],
        "recency_days": [60, 3, 1200, 61],
    }


def test_those_with_the_most_revenue_come_first(customers):
    page = render(book(**customers))
    # 100 + 1200 + 100 of 2000.
    assert "3 of 4 customers are at risk or dormant as of 2024-01-31. They brought 70% of the revenue" in page
    assert page.index("c&amp;d") < page.index("<td>a</td>") < page.index("<td>e</td>")
    assert "<tr><td>c&amp;d</td><td>Ordinary</td><td>Dormant</td><td>1,200</td><td>1,200</td></tr>" in page
    assert "<td>e</td><td>–</td>" in page
    assert "<td>b</td>" not in page


def test_in_chinese(customers):
    page = render(book("zh", **customers))
    assert "4 位客户中有 3 位处于流失风险或沉睡阶段，占近一年净销售额的 70%" in page
    assert "<td>沉睡客户</td>" in page
    assert "Tier" not in page


def test_nobody_and_nothing(customers):
    customers["stage"] = ["active"] * 4
    assert render(book(**customers)) == "<p>Nobody is at risk or dormant as of 2024-01-31.</p>"
    assert render(book(rule="percentile", **customers)) is None
    del customers["stage"]
    assert render(book(**customers)) is None
