"""The page from a notebook."""

import base64

import nbformat
import pytest
from bs4 import BeautifulSoup

from cpm_core.report.page import output_html, render_page
from tests.report.conftest import notebook

v4 = nbformat.v4
PNG = base64.b64encode(b"\x89PNG not really").decode()


def parse(html):
    return BeautifulSoup(html, "html.parser")


def test_is_one_small_file_without_script_or_code(page, data):
    html = page.read_text(encoding="utf-8")
    assert len(html.encode()) < 2_000_000 / 4
    soup = parse(html)
    assert soup.html["lang"] == ("en" if data.locale == "en" else "zh-CN")
    assert soup.title.text == data.title.in_(data.locale)
    assert soup.find("meta", {"name": "viewport"})["content"] == "width=device-width, initial-scale=1"
    assert not soup.select("script, link, iframe, object, embed, form")
    assert "secret_code" not in html
    assert [tag for tag in soup.find_all() if any(name.startswith("on") for name in tag.attrs)] == []
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]


def test_links_lead_to_the_sections(page):
    soup = parse(page.read_text(encoding="utf-8"))
    links = soup.select(".contents a")
    assert len(links) == 8
    assert all(soup.select_one(link["href"]).h2.text == link.text for link in links)


def test_styles_come_once(page):
    assert page.read_text(encoding="utf-8").count("--vermillion-ink: ") == 1, "the header's are left to the page's head"


def test_every_link_within_the_page_has_its_place(page):
    soup = parse(page.read_text(encoding="utf-8"))
    targets = {link["href"] for link in soup.select('a[href^="#"]')}
    assert {one for one in targets if not soup.select(f'[id="{one[1:]}"]')} == set()


def test_markdown_and_outputs_in_order():
    cells = [
        v4.new_markdown_cell("# First & <script>alert(1)</script>\n\n*soft* `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        v4.new_code_cell(
            "hidden_source = 1",
            outputs=[
                v4.new_output("stream", name="stdout", text="second <b>\x1b[31mred\x1b[0m\n"),
                v4.new_output("stream", name="stderr", text="a log\n"),
                v4.new_output("execute_result", data={"text/plain": "third"}, execution_count=1),
                v4.new_output("display_data", data={"image/png": PNG, "text/plain": "Figure"}),
            ],
        ),
        v4.new_raw_cell("raw"),
        v4.new_markdown_cell("last"),
    ]
    html = render_page(v4.new_notebook(cells=cells), "Title <&>", "en")
    soup = parse(html)
    assert soup.title.text == "Title <&>"
    words = soup.main.get_text(" ", strip=True)
    assert [words.index(one) for one in ("First", "second <b>red", "third", "last")] == sorted(
        words.index(one) for one in ("First", "second <b>red", "third", "last")
    )
    assert soup.select_one("main table td").text == "1"
    assert soup.img["src"] == f"data:image/png;base64,{PNG}"
    for gone in ("hidden_source", "a log", "<script", "raw</", "Figure"):
        assert gone not in html


@pytest.mark.parametrize(
    ("forms", "shown"),
    [
        (
            {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/html": "<b>static</b>"},
            "<b>static</b>",
        ),
        ({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "Panel"}, "<pre>Panel</pre>"),
        ({"text/html": "<div id=x></div><script>draw()</script>", "text/plain": "fallback"}, "<pre>fallback</pre>"),
        ({"text/html": ["<i>in ", "parts</i>"]}, "<i>in parts</i>"),
        (
            {"image/svg+xml": "<?xml?><svg><path d='M0 0'/></svg>", "image/png": PNG},
            '<svg><path d="M0 0"></path></svg>',
        ),
        ({"text/markdown": "**bold**", "text/plain": "x"}, "<p><strong>bold</strong></p>\n"),
        ({"application/json": {"a": 1}}, ""),
        ({"text/html": "<style>b{color:red}</style><script>1</script>"}, ""),
        ({}, ""),
    ],
)
def test_the_richest_still_form_is_taken(forms, shown):
    html = output_html(v4.new_output("display_data", data=forms), "en")
    assert html == (f'<div class="out">{shown}</div>' if shown else "")


def test_a_chart_of_an_analyst_is_drawn():
    import altair as alt

    chart = alt.Chart(alt.Data(values=[{"a": 1, "b": 2}])).mark_bar().encode(x="a:Q", y="b:Q")
    forms = {"application/vnd.vegalite.v6+json": chart.to_dict(), "text/plain": "alt.Chart(...)"}
    html = output_html(v4.new_output("display_data", data=forms), "en")
    assert "<svg" in html
    assert "alt.Chart" not in html


def test_a_chart_that_would_fetch_its_data_is_not_drawn():
    import altair as alt

    chart = alt.Chart("http://127.0.0.1:9/data.csv").mark_bar().encode(x="a:Q")
    forms = {"application/vnd.vegalite.v6+json": chart.to_dict(), "text/plain": "alt.Chart(...)"}
    assert "alt.Chart" in output_html(v4.new_output("display_data", data=forms), "en")


def test_a_frame_of_an_analyst_keeps_its_table():
    import pandas as pd

    html = pd.DataFrame({"客户": ["<b>"]}).to_html()
    soup = parse(render_page(notebook({"text/html": html}), "t", "zh"))
    assert soup.select_one("td").text == "<b>"


def test_an_error_is_told_in_one_line():
    output = v4.new_output("error", ename="ValueError", evalue="bad <x>", traceback=["long"])
    assert output_html(output, "en") == '<div class="out"><pre>ValueError: bad &lt;x&gt;</pre></div>'


def test_a_title_cannot_leave_the_style_sheet():
    html = render_page(v4.new_notebook(), 'a"; } </style><script>x</script>', "en")
    assert "<script" not in html
    assert parse(html).title.text == 'a"; } </style><script>x</script>'
