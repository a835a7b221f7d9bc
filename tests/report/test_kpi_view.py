"""One KPI to look at."""

from dataclasses import replace

import altair as alt
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cpm_core.model.errors import MeasureError, UsageError
from cpm_core.report.kpi_view import COLUMNS, KpiView
from tests.browser import visit
from tests.report.small import small

NAN = float("nan")
MONTHS = ["2024-01", "2024-02", "2024-03"]
VEGALITE = "application/vnd.vegalite.v5+json"


@pytest.fixture(scope="module")
def book():
    made = small()
    yield made
    made.close()


@pytest.fixture
def revenue(book):
    return book.kpi("revenue")


def changed(view, period, member="", **fields):
    """The view with one of its facts changed."""
    facts = view.facts.copy()
    where = (facts["kpi"] == view.kpi.id) & (facts["slice"] == view.slice) & (facts["period"] == period)
    facts.loc[where & (facts["member"] == member), list(fields)] = list(fields.values())
    return replace(view, facts=facts)


def cells(html):
    """The table's rows as lists of words, without the heads that only narrow screens show."""
    rows = BeautifulSoup(html, "html.parser").select("tbody tr")
    return [[cell.select_one(".cell").get_text() for cell in row.find_all(["td", "th"])] for row in rows]


def html_of(view):
    return view._repr_mimebundle_()["text/html"]


def words(svg):
    return [one.get_text() for one in BeautifulSoup(svg, "html.parser").find_all("text")]


# Figures ------------------------------------------------------------------------------------------


def test_a_total_over_time(revenue):
    frame = revenue.frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["period"].tolist() == MONTHS
    assert frame["value"].tolist() == [180, 140, 215]
    assert frame["n"].tolist() == [3, 3, 3]
    assert set(frame["member"]) == {""}
    assert frame["complete"].all()


def test_by_slice_the_biggest_of_the_last_period_first(revenue):
    expected = pd.DataFrame(
        {"North": [150.0, 100, 200], "South": [30.0, 40, 10], "(none)": [0.0, 0, 5]},
        index=pd.Index(MONTHS, name="period"),
    ).rename_axis(columns="region")
    pd.testing.assert_frame_equal(
        revenue.by("region").table(), expected, check_column_type=False, check_index_type=False
    )


def test_a_ratio_s_members_rank_by_rows(book):
    assert book.kpi("average_order_value").by("orders.channel").ranked == ("web", "shop")


def test_a_total_s_table_is_headed_by_the_kpi(revenue):
    assert revenue.last(1).table().to_dict() == {"Revenue": {"2024-03": 215.0}}
    assert list(replace(revenue, locale="zh").table()) == ["净销售额"]


def test_members_and_last_narrow_it_in_any_order(revenue):
    one = revenue.by("region").members("(none)", "South").last(2)
    other = revenue.last(2).by("region").members("(none)", "South")
    for view in (one, other):
        assert view.table().to_dict("list") == {"(none)": [0, 5], "South": [40, 10]}
        assert view.frame()["period"].tolist() == ["2024-02", "2024-02", "2024-03", "2024-03"]
    assert revenue.frame().shape[0] == 3, "the view that it came from is as it was"


def test_what_could_not_be_measured_keeps_its_reason(book):
    frame = book.kpi("average_order_value").by("region").members("South").frame()
    assert frame["value"].tolist() == [30, 40, 10]
    assert frame["state"].tolist() == ["few"] * 3
    assert all("1" in reason for reason in frame["reason"]), "says on how many rows"
    new = book.kpi("new_customers").frame()
    assert new["value"].isna().all()
    assert all("2024-01-03" in reason for reason in new["reason"]), "says from when there is data"


def test_what_it_means_stands_under_the_chart_in_the_reader_s_language(revenue):
    for locale, words in (("en", "Sum of amounts, returns included."), ("zh", "金额合计，已扣除退货。")):
        page = BeautifulSoup(html_of(replace(revenue, locale=locale)), "html.parser")
        assert [one.get_text() for one in page.select("p.intro")] == [words]


# Errors -------------------------------------------------------------------------------------------


def problem(error):
    (found,) = error.value.problems
    return found


def test_a_slice_that_is_not_measured_is_refused_with_the_nearest_and_the_line_to_write(revenue):
    with pytest.raises(MeasureError, match="not measured by 'regoin'") as error:
        revenue.by("regoin")
    assert problem(error).nearest == ("region",)
    with pytest.raises(MeasureError) as error:
        revenue.by("category")
    assert problem(error).nearest == ()
    assert "`slices: [orders.channel, region, category]`" in problem(error).fix


def test_a_slice_that_the_kpi_cannot_reach_is_refused_with_those_that_it_can(book):
    with pytest.raises(MeasureError, match="'new_customers' is not split by") as error:
        book.kpi("new_customers").by("orders.channel")
    assert problem(error).fix == "It is split by region."


def test_a_failed_kpi_tells_why_it_is_not_split(book):
    view = book.kpi("revenue")
    facts = view.facts[(view.facts["kpi"] != "revenue") | (view.facts["slice"] == "")].copy()
    mine = facts["kpi"] == "revenue"
    facts.loc[mine, ["value", "state", "reason"]] = [NAN, "failed", "division by zero in line 7"]
    with pytest.raises(MeasureError, match="division by zero in line 7"):
        replace(view, facts=facts).by("region")


def test_members_that_are_not_there_are_refused(revenue):
    with pytest.raises(MeasureError, match="no member 'Nroth'") as error:
        revenue.by("region").members("South", "Nroth")
    assert problem(error).nearest[0] == "North"
    with pytest.raises(MeasureError) as error:
        revenue.by("region").members("Ω")
    assert problem(error).fix == "The biggest are North, South, (none)."
    with pytest.raises(MeasureError) as error:
        revenue.members("North")
    assert problem(error).fix == "Split it first: `.by('orders.channel')`."


@pytest.mark.parametrize("n", [0, -1])
def test_no_periods_are_refused(revenue, n):
    with pytest.raises(UsageError):
        revenue.last(n)


def test_a_period_that_was_not_measured_is_refused(revenue):
    with pytest.raises(UsageError, match="2023-12 was not measured") as error:
        revenue.at("2023-12")
    assert problem(error).fix == "Choose one from 2024-01 to 2024-03."


def test_a_kpi_without_facts_is_refused(revenue):
    with pytest.raises(MeasureError, match="'revenue' was not measured") as error:
        KpiView(revenue.facts.iloc[:0], revenue.kpi, "EUR", "en")
    assert "kpi_list" in problem(error).fix


# Words --------------------------------------------------------------------------------------------


def test_plain_text(revenue):
    lines = repr(revenue.by("region").members("North", "(none)").last(2)).splitlines()
    assert lines[0] == "Revenue (EUR), by region"
    assert [line.split() for line in lines[1:]] == [
        ["North", "(none)"],
        ["2024-02", "€100.00", "€0.00"],
        ["2024-03", "€200.00", "€5.00"],
    ]
    assert repr(replace(revenue, locale="zh").by("region")).startswith("净销售额（EUR），按地区\n")


def test_a_total_shows_a_line_a_period_the_latest_first(revenue):
    assert cells(html_of(revenue)) == [
        ["March 2024", "€215.00", "3"],
        ["February 2024", "€140.00", "3"],
        ["January 2024", "€180.00", "3"],
    ]


def test_a_slice_shows_a_column_a_member(revenue):
    view = replace(revenue, locale="zh").by("region").last(2)
    heads = [head.get_text() for head in BeautifulSoup(html_of(view), "html.parser").select("thead th")]
    assert heads == ["期间", "North", "South", "（无）"]
    assert cells(html_of(view)) == [
        ["2024年3月", "€200.00", "€10.00", "€5.00"],
        ["2024年2月", "€100.00", "€40.00", "€0.00"],
    ]


def test_at_a_period_it_shows_the_total_and_each_member(revenue):
    fragment = revenue.by("region").at("2024-02")
    assert "By region in February 2024" in fragment.html
    assert cells(fragment.html) == [
        ["Total", "€140.00", "3"],
        ["North", "€100.00", "2"],
        ["South", "€40.00", "1"],
        ["(none)", "€0.00", "0"],
    ]
    assert [row[0] for row in cells(revenue.at("2024-02").html)] == ["February 2024", "January 2024"]


def test_few_rows_and_incomplete_periods_are_marked_and_say_why(book):
    view = changed(book.kpi("average_order_value"), "2024-03", complete=False, reason="not over; only 3 rows")
    page = BeautifulSoup(html_of(view), "html.parser")
    last = page.select("tbody tr")[0]
    assert last.select_one(".few").get_text() == "€71.67°"  # (200 + 10 + 5) / 3
    assert last.select_one(".hollow")
    assert "not over; only 3 rows" in last.get_text()
    assert not page.select("tbody tr")[1].select_one(".hollow")


def test_what_is_not_there_is_a_dash_never_a_zero(revenue):
    view = changed(revenue, "2024-02", value=NAN, n=NAN, reason="table orders is not delivered")
    assert cells(html_of(view))[1] == ["February 2024", "–", "–", "table orders is not delivered"]


def test_hostile_names_stay_words(revenue):
    facts = revenue.facts.copy()
    facts.loc[facts["member"] == "South", "member"] = "<script>alert(1)</script>"
    view = replace(revenue, facts=facts).by("region")
    for html in (html_of(view), view.at("2024-03").html):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


# Charts -------------------------------------------------------------------------------------------


def datasets(chart):
    return list(chart.to_dict()["datasets"].values())


def test_a_total_is_one_altair_chart_of_its_values(revenue):
    chart = revenue.plot()
    assert isinstance(chart, alt.LayerChart)
    spec = chart.to_dict()  # checked against Vega-Lite's schema by Altair
    assert spec["title"]["text"] == "Revenue"
    assert spec["title"]["subtitle"] == "EUR"
    hits = next(rows for rows in datasets(chart) if "period" in rows[0])
    assert [(row["x"], row["y"], row["period"], row["value"]) for row in hits] == [
        (0, 180, "January 2024", "€180.00"),
        (1, 140, "February 2024", "€140.00"),
        (2, 215, "March 2024", "€215.00"),
    ]


def test_a_slice_is_a_chart_a_member_the_six_biggest(revenue):
    facts = revenue.facts
    north = facts[(facts["kpi"] == "revenue") & (facts["member"] == "North")]
    more = [north.assign(member=f"West {number}", value=1000.0 + number) for number in range(5)]
    view = replace(revenue, facts=pd.concat([facts, *more], ignore_index=True)).by("region")
    spec = view.plot().to_dict()
    assert [one["title"]["text"] for one in spec["concat"]] == [
        "West 4", "West 3", "West 2", "West 1", "West 0", "North",
    ]  # fmt: skip
    assert spec["title"]["text"] == "Revenue by region"
    assert "the 6 biggest of 8 · each on its own scale" in spec["title"]["subtitle"]
    chosen = view.members("South", "North").plot().to_dict()
    assert [one["title"]["text"] for one in chosen["concat"]] == ["South", "North"]


def test_titles_and_units_in_the_locale(revenue):
    svg = replace(revenue, locale="zh").by("region").plot()._repr_mimebundle_()["image/svg+xml"]
    found = words(svg)
    assert "净销售额（按地区）" in found
    assert "EUR · 各图刻度不同" in found
    assert "24年3月" in found
    assert not {"Revenue", "Mar ’24"} & set(found)


def test_an_interval_is_a_band_and_marks_are_explained(revenue, book):
    view = book.kpi("return_rate")
    view = changed(view, "2024-02", low=0.05, high=0.2)
    view = changed(view, "2024-03", low=0.0, high=0.1, complete=False)
    chart = view.plot()
    bands = [rows for rows in datasets(chart) if "low" in rows[0]]
    assert {(row["low"], row["y"]) for row in bands[0]} >= {(0.05, 0.2), (0.0, 0.1)}
    subtitle = chart.to_dict()["title"]["subtitle"]
    assert "band: interval" in subtitle
    assert "hollow: incomplete period" in subtitle
    assert "band" not in revenue.plot().to_dict()["title"]["subtitle"], "only what is there is explained"


def test_shares_of_members_share_an_axis_and_show_the_total(book):
    spec = book.kpi("return_rate").by("region").plot().to_dict()
    domains = {
        str(layer["encoding"]["y"]["scale"])
        for one in spec["concat"]
        for layer in one["layer"]
        if "y" in layer["encoding"]
    }
    assert len(domains) == 1
    assert "all on one scale · grey line: total" in spec["title"]["subtitle"]


def test_a_kpi_without_figures_says_why_and_has_no_scale(book):
    view = book.kpi("new_customers")
    svg = view.plot()._repr_mimebundle_()["image/svg+xml"]
    reason = view.frame()["reason"].iloc[-1]
    assert any(word and reason.startswith(word.rstrip("…")) and len(word) > 20 for word in words(svg))
    assert not {"0", "1", "0.5"} & set(words(svg))


def test_it_shows_itself_without_the_internet(revenue):
    chart = revenue.by("region").plot()
    for one in (chart, chart.properties(title="Mine"), revenue.plot().properties(width=300)):
        bundle = one._repr_mimebundle_()
        assert set(bundle) == {VEGALITE, "image/svg+xml", "text/plain"}, "Altair's own HTML would fetch scripts"
        assert bundle["image/svg+xml"].startswith("<svg ")
    assert chart.properties(title="Mine")._repr_mimebundle_()["text/plain"] == "Mine"


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(revenue, browser, tmp_path, locale, width):
    view = replace(revenue, locale=locale)
    path = tmp_path / "view.html"
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    path.write_text(meta + html_of(view) + html_of(view.by("region")) + view.by("region").at("2024-03").html, "utf-8")
    with visit(browser, path, width) as seen:
        assert seen.overflow() <= 0
        assert seen.missing_glyphs() == []
        assert seen.page.locator("svg").count() == 3
    assert seen.requests == []
    assert seen.console == []
