"""The panel: what its controls do, and what stands in its place without a front end."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter

import cpm_core as cpm
from cpm_core.model.errors import MeasureError
from cpm_core.report.fragment import Fragment
from cpm_core.report.page import render_page
from cpm_core.widgets import context
from cpm_core.widgets.panel import Panel
from tests.report.small import small

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def book():
    made = small()
    yield made
    made.close()


@pytest.fixture
def panel(book, monkeypatch):
    monkeypatch.setattr("cpm_core.widgets.panel.is_report_run", lambda: False)
    return cpm.panel(book)


def chart(panel):
    """The words in the chart that is shown."""
    return [one.get_text() for one in BeautifulSoup(panel.view.value, "html.parser").select("svg text")]


def rows(html):
    """The lines of the table."""
    lines = BeautifulSoup(html, "html.parser").select("tbody tr")
    return [[cell.get_text() for cell in line.select(".cell")] for line in lines]


def labels(control):
    return [title for title, _ in control.options]


def test_starts_with_the_first_kpi_and_slice_and_the_as_of_period(panel, book):
    assert (panel.kpi.value, panel.slice.value, panel.period.value) == ("revenue", "region", "2024-03")
    assert labels(panel.kpi) == [kpi.title.en for kpi in book.kpis]
    assert labels(panel.slice) == ["Total", "region", "channel (orders)"]
    assert labels(panel.period) == ["March 2024", "February 2024", "January 2024"]
    assert {"Revenue by region", "North", "South"} <= set(chart(panel))
    assert rows(panel.view.value)[:2] == [["Total", "€215.00", "3"], ["North", "€200.00", "1"]]


def test_another_kpi_changes_chart_and_table(panel):
    panel.kpi.value = "orders"
    assert panel.slice.value == "region", "the slice stays where the KPI has it"
    assert "Orders by region" in chart(panel)
    assert rows(panel.view.value)[:2] == [["Total", "3", "3"], ["North", "1", "1"]]


def test_another_slice_changes_chart_and_table(panel):
    panel.slice.value = "orders.channel"
    assert {"Revenue by channel (orders)", "web", "shop"} <= set(chart(panel))
    assert rows(panel.view.value)[1:] == [["web", "€210.00", "2"], ["shop", "€5.00", "1"]]
    panel.slice.value = ""
    assert "Revenue" in chart(panel)
    assert [line[0] for line in rows(panel.view.value)] == ["March 2024", "February 2024", "January 2024"]


def test_why_it_moved_is_added_while_the_button_is_pressed(panel):
    panel.slice.value = "orders.channel"
    before = panel.view.value
    panel.why.value = True
    # February 140 to March 215; the web from 120 - 20 = 100 to 210, the shop from 40 to 5.
    assert panel.view.value.startswith(before)
    assert "By channel (orders), “web” moved it most: +€110.00" in panel.view.value
    panel.kpi.value, panel.slice.value = "active_customers", "orders.channel"
    assert "Against the period before: not explained, as " in panel.view.value
    panel.why.value = False
    assert "not explained" not in panel.view.value


def test_another_period_is_marked_and_its_figures_shown(panel):
    before = panel.view.value
    panel.period.value = "2024-02"
    assert "By region in February 2024" in panel.view.value
    assert rows(panel.view.value)[:2] == [["Total", "€140.00", "3"], ["North", "€100.00", "2"]]
    drawn = [BeautifulSoup(html, "html.parser").select_one("svg").decode() for html in (before, panel.view.value)]
    assert drawn[0] != drawn[1], "the mark has moved"


def test_a_kpi_that_is_not_split_so_shows_its_total(panel):
    panel.slice.value = "orders.channel"
    panel.kpi.value = "new_customers"
    assert panel.slice.value == ""
    assert labels(panel.slice) == ["Total", "region"]
    assert "New customers" in chart(panel)
    panel.kpi.value = "revenue"
    assert "Revenue" in chart(panel)


def test_each_choice_is_shown_once(panel, book, monkeypatch):
    asked = []
    ask = book.kpi
    monkeypatch.setattr(book, "kpi", lambda name: asked.append(name) or ask(name))
    panel.slice.value = ""
    assert asked == ["revenue"]
    panel.slice.value = "orders.channel"
    asked.clear()
    shown = []
    panel.view.observe(shown.append, "value")
    panel.kpi.value = "new_customers"  # takes the slice away too
    assert len(shown) == 1


def test_in_chinese(monkeypatch):
    monkeypatch.setattr("cpm_core.widgets.panel.is_report_run", lambda: False)
    book = small(locale="zh", slices=["region"])
    panel = cpm.panel(book)
    book.close()
    assert [control.description for control in (panel.kpi, panel.slice, panel.period)] == ["指标", "拆分维度", "期间"]
    assert labels(panel.slice) == ["合计", "地区"]
    assert labels(panel.period)[0] == "2024年3月"
    assert "净销售额（按地区）" in chart(panel)


def test_its_output_is_the_widget_and_what_it_shows_now(panel):
    panel.kpi.value = "orders"
    bundle = panel._repr_mimebundle_()
    assert bundle[WIDGET]["model_id"] == panel.box.model_id
    assert rows(bundle["text/html"])[0] == ["Total", "3", "3"]
    assert bundle["text/plain"].startswith("Orders (number), by region")


def executed(bundle):
    output = nbformat.v4.new_output("execute_result", data=bundle, execution_count=1)
    cell = nbformat.v4.new_code_cell("cpm.panel(book)", outputs=[output], execution_count=1)
    return nbformat.v4.new_notebook(cells=[cell])


def test_who_cannot_draw_widgets_shows_the_still_view(panel):
    notebook = executed(panel._repr_mimebundle_())
    for html in (HTMLExporter().from_notebook_node(notebook)[0], render_page(notebook, "A page", "en")):
        assert "widget-view" not in html.split("</head>")[1]
        assert "By region in March 2024" in html
        assert "North" in html


@pytest.mark.parametrize("slices", [["region"], []], ids=["sliced", "whole"])
def test_in_a_report_run_it_is_its_still_view(monkeypatch, slices):
    book = small(slices=slices)
    monkeypatch.delenv(context.RUN, raising=False)
    monkeypatch.setattr("cpm_core.widgets.panel.is_report_run", lambda: False)
    live = cpm.panel(book)
    monkeypatch.setattr("cpm_core.widgets.panel.is_report_run", lambda: True)
    still = cpm.panel(book)
    book.close()
    assert isinstance(live, Panel)
    assert isinstance(still, Fragment)
    assert still._repr_mimebundle_() == {"text/html": live.view.value, "text/plain": live.shown.text}


def test_a_workbook_without_a_kpi_has_no_panel(book, monkeypatch):
    monkeypatch.setitem(book.__dict__, "kpis", ())
    with pytest.raises(MeasureError, match="no KPI to show") as error:
        cpm.panel(book)
    assert "kpi_list" in error.value.problems[0].fix
