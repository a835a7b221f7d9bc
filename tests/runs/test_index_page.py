"""The index in Chromium: search, filters, reasons of failures."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from cpm_core.runs.index import write_index
from cpm_core.runs.status import Status, write_status
from tests.browser import visit

REASON = "params/north.yaml:7: there is no file ../data/orders.csv"


@pytest.fixture
def out(tmp_path, published):
    """Two months of two branches, the second of which failed in March; and another workbook with gaps."""
    out = tmp_path / "reports"
    for branch in ("north", "south"):
        for month, day in (("2024-01", "2024-01-31"), ("2024-02", "2024-02-29")):
            published(out / "shops" / f"branch={branch}", f"{day}-aaaaaaaa", workbook="shops", period=month)
    (out / "shops" / "branch=north" / "latest.json").write_text('{"run": "2024-02-29-aaaaaaaa"}', encoding="utf-8")
    kept = out / "shops" / "branch=south" / "failed" / "2024-03-31-bbbbbbbb"
    kept.mkdir(parents=True)
    (kept / "report.ipynb").write_text("{}", encoding="utf-8")
    write_status(
        kept.parents[1],
        Status("failed", "shops", "branch=south", "2024-03-31", problems=(REASON,), kept=f"failed/{kept.name}"),
    )
    published(out / "staff", "2024-02-29-cccccccc", period="2024-02", degraded=["KPI nps failed"])
    write_index(out)
    return out


def shown(page):
    return page.locator(".run:not([hidden])").count()


def test_search_and_filters_leave_what_fits_and_the_address_keeps_them(browser, out):
    with visit(browser, out / "index.html") as seen:
        page = seen.page
        assert shown(page) == 6
        page.fill("[name=q]", "SHOPS south")
        assert shown(page) == 3
        page.select_option("[name=period]", "2024-01")
        assert (shown(page), page.inner_text("#told")) == (1, "1 / 6")
        assert page.locator(".run:not([hidden])").is_visible(), "an earlier run that is found is not folded away"
        assert page.url.endswith("#q=SHOPS+south&period=2024-01")
        page.click("button[type=reset]")
        page.wait_for_function("!document.querySelector('.run[hidden]')")
        page.select_option("[name=state]", "failed")
        assert page.inner_text(".run:not([hidden]) .reason") == REASON
        page.select_option("[name=member]", "branch=north")
        assert shown(page) == 0
        assert page.is_visible("#none")
        assert seen.requests == []
        assert seen.console == []


def test_an_address_opens_filtered_and_a_narrow_window_fits(browser, out):
    with visit(browser, out / "index.html", 390) as seen:
        seen.page.goto(f"{seen.page.url}#workbook=staff")
        seen.page.reload()
        assert seen.page.locator(".report:visible").count() == 1
        assert seen.page.is_visible(".gaps")
        assert seen.overflow() == 0
        assert seen.missing_glyphs() == []


def test_what_is_kept_of_a_failure_is_linked(browser, out):
    with visit(browser, out / "index.html") as seen:
        links = seen.page.eval_on_selector_all(
            "[data-state=failed] a", "all => all.map(one => one.getAttribute('href'))"
        )
        assert [(out / link).exists() for link in map(unquote, links)] == [True, True]
