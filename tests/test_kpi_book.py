"""docs/kpi_book.md is what the definitions say."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path

import ibis
import pytest

from cpm_core.hooks.discovery import find_plugins
from cpm_core.hooks.registry import Registry
from cpm_core.model.measures import Concentration, Derived, Distinct, Frame, KpiRef, Mean, Quantile, Ratio, Total
from tools import kpi_book
from tools.kpi_formula import Formulas

ORDERS = ibis.table(
    {
        "kind": "string",
        "amount": "decimal(18, 4)",
        "cost": "decimal(18, 4)",
        "day": "timestamp",
        "done": "boolean",
        "hours": "float64",
        "score": "int64",
    },
    name="orders",
)
SALE = ORDERS.kind == "sale"


@cache
def builtins() -> Registry:
    return Registry(list(find_plugins(None)))


@pytest.mark.parametrize("kpi", [one.item for one in builtins().kpis.values()], ids=lambda kpi: kpi.id)
def test_every_built_in_kpi_is_described_in_both_languages(kpi):
    assert kpi.description.strip()
    assert re.search(r"[\u4e00-\u9fff]", kpi.described_zh), f"{kpi.id} has no described_zh"


def test_the_book_is_what_the_definitions_say(repository: Path):
    written = (repository / "docs" / "kpi_book.md").read_text(encoding="utf-8")
    assert written == kpi_book.written(), (
        "the definitions have changed: run `make kpi-book` and commit docs/kpi_book.md"
    )


def test_every_kpi_stands_in_it_once(repository: Path):
    heads = re.findall(r"^### (\w+)$", (repository / "docs" / "kpi_book.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(heads) == len(set(heads))
    assert set(builtins().kpis) <= set(heads)


@pytest.mark.parametrize(
    ("measure", "formula"),
    [
        (Total(ORDERS.amount), "Σ amount"),
        (Total(ORDERS.amount, where=SALE), "Σ amount where kind = 'sale'"),
        (Total(ORDERS.kind.isin(["a", "B"])), "number of rows where kind one of 'a', 'B'"),
        (Total(SALE, where=SALE), "number of rows where kind = 'sale'"),
        (Total(SALE.ifelse(0, -ORDERS.amount)), "Σ −amount where kind ≠ 'sale'"),
        (
            Ratio(SALE & (ORDERS.score >= 4) & ORDERS.done, SALE & ORDERS.done),
            "of the rows where kind = 'sale' and done, the share with score ≥ 4",
        ),
        (
            Ratio(ORDERS.amount - ORDERS.cost, ORDERS.cost.notnull().ifelse(ORDERS.amount, None)),
            "Σ (amount − cost) ÷ (Σ amount where cost is known)",
        ),
        (
            Ratio(ORDERS.done, ORDERS.day.date() <= date(2024, 12, 17)),
            "of the rows where day of day ≤ as-of day − 14 days, the share with done",
        ),
        (Mean((ORDERS.score - 1) * 2 + 1, where=~ORDERS.done), "mean of (score − 1) × 2 + 1 where not done"),
        (
            Quantile(ORDERS.hours, ORDERS.done, where=SALE),
            "median of hours where kind = 'sale'; rows without done are censored (Kaplan–Meier)",
        ),
        (Distinct(ORDERS.kind, where=ORDERS.done), "number of different kind where done"),
        (
            Concentration(ORDERS.amount, ORDERS.kind, "top"),
            "Σ amount of the largest ⌈20% of n⌉ ÷ Σ amount, of the n rows where amount > 0",
        ),
        (Derived(KpiRef("a"), KpiRef("b")), "a ÷ b"),
        (Derived(KpiRef("a"), KpiRef("a").year_before(), plus=-1), "a ÷ a of the year before − 1"),
        (Derived(KpiRef("a") - KpiRef("b"), KpiRef("c") * KpiRef("d")), "(a − b) ÷ (c × d)"),
        (Frame(len, [ORDERS.amount, ORDERS.kind], where=SALE), "len(amount, kind) in pandas where kind = 'sale'"),
    ],
)
def test_formulas_are_read_from_the_expressions(measure, formula):
    assert Formulas(date(2024, 12, 31)).of(measure) == formula


def test_a_convention_is_told_of_the_kpis_that_it_changes_alone(repository: Path):
    text = (repository / "docs" / "kpi_book.md").read_text(encoding="utf-8")
    entries = {part.split("\n")[0]: part for part in text.split("\n### ")[1:]}
    told = {name: re.findall(r"^- Conventions: (.*)$", part, re.MULTILINE) for name, part in entries.items()}
    # By the definitions: all three are measured on one table that reads activity_days.
    assert told["retention_rate"] == ["`activity_days` (90)"]
    assert told["new_customers"] == told["repeat_rate"] == []
    assert told["points_liability"] == ["`breakage` (0), `point_value` (no default; 0.01 in the formula)"]
    assert told["first_response_hours"] == ["`calendar`"]
    assert told["response_sla"] == ["`calendar`, `sla`"]
    assert told["care_cost"] == ["`cost_centers` (all)"]
