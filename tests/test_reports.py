"""The main job, end to end: all workbooks published in both languages, and read as their readers do."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

import cpm_core
from cpm_core import cli
from cpm_core.model.facts import FACT_COLUMNS
from cpm_core.model.text import Text
from tests.browser import visit
from tests.runs.projects import notebook

AS_OF = {"online_retail": "2011-11-30", "demo": "2024-12-31", "service": "2024-12-31"}
REPORTS = ("online_retail", "online_retail_zh", "demo", "demo_zh")
FILES = {
    *("report.html", "report.ipynb", "workbook.xlsx", "run.json"),
    *("facts.parquet", "customers.parquet", "rejects.parquet"),
}
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
ENGLISH = re.compile(r"[A-Za-z]+(?:['’-][a-z]+)?(?: [a-z]+(?:['’-][a-z]+)?){2,}")
"""Three words or more, of which all but the first are small."""


@pytest.fixture(scope="module")
def environment(repository):
    """Kernels and processes of a run import this very package, installed or not."""
    patch = pytest.MonkeyPatch()
    paths = [str(repository), *filter(None, [os.environ.get("PYTHONPATH")])]
    patch.setenv("PYTHONPATH", os.pathsep.join(paths))
    yield patch
    patch.undo()


@pytest.fixture(scope="module")
def home(repository, tmp_path_factory, environment):
    """The project's own params, and of each a Chinese one; everything else is the project's."""
    home = tmp_path_factory.mktemp("reports")
    (home / "params").mkdir()
    for name in ("plugins", "notebooks"):
        (home / name).symlink_to(repository / name)
    for name in AS_OF:
        text = (repository / "params" / f"{name}.yaml").read_text(encoding="utf-8")
        (home / "params" / f"{name}.yaml").write_text(text, encoding="utf-8")
        chinese = replaced(text, (f"workbook: {name}", f"workbook: {name}_zh"), ("locale: en", "locale: zh"))
        (home / "params" / f"{name}_zh.yaml").write_text(chinese, encoding="utf-8")
    environment.chdir(home)
    return home


@pytest.fixture(scope="module")
def out(home):
    """All of them, published in one batch."""
    assert run(home, *REPORTS) == 0
    return home / "reports"


@pytest.fixture(scope="module")
def pages(out):
    """What each page says, by report."""
    return {name: Page(out / name / "latest") for name in REPORTS}


class Page:
    """A published page and its facts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.html = (folder / "report.html").read_text(encoding="utf-8")
        self.soup = BeautifulSoup(self.html, "html.parser")
        facts = pd.read_parquet(folder / "facts.parquet")
        self.facts = facts.set_index(["kpi", "period", "slice", "member"])

    @property
    def kpis(self) -> dict[str, str]:
        """Ids of the KPIs by the titles that the page gives them."""
        rows = self.soup.select(".t-definitions tbody tr")
        return {row.select_one(".name").text: row.find("code").text for row in rows}

    def lines(self) -> dict[str, dict[str, str]]:
        """The scorecard's cells as they are read, by KPI."""
        found = {}
        for row in self.soup.select(".t-scorecard tbody tr"):
            cells = [" ".join(cell.stripped_strings) for cell in row.select(".cell")]
            if cells:
                title = row.select_one(".name").text
                found[self.kpis[title]] = {
                    "value": "".join(text for text in row.select_one(".figure").strings if not text.find_parent("sup")),
                    "before": cells[3],
                    "year": cells[4],
                }
        return found

    def words(self) -> list[str]:
        """All that is read on the page, or out, but what stands in parameters and the like."""
        soup = BeautifulSoup(self.html, "html.parser")
        for one in soup.select("style, dl, code"):
            one.decompose()
        labels = [one["aria-label"] for one in soup.select("[aria-label]")]
        return [*soup.stripped_strings, *labels]


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """The text with each of the changes, which must be there to be made."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def run(home: Path, *words: str) -> int:
    # One after the other in this process, which by then knows the queries; `tests/runs/test_batch.py` runs two at a time.
    return cli.main(["run", *words, "--out", str(home / "reports"), "--jobs", "1"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# What is published ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
def test_a_run_leaves_its_files_and_two_pointers_to_them(out, name):
    folder, files = out / name, FILES | ({"actions.csv"} if name.startswith("demo") else set())
    pointer = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
    assert (folder / "latest").readlink() == Path("runs") / pointer["run"]
    assert re.fullmatch(rf"{AS_OF[name.removesuffix('_zh')]}-[0-9a-f]{{8}}", pointer["run"])
    assert {path.name for path in (folder / "latest").iterdir()} == files
    assert [path.name for path in (folder / "runs").iterdir()] == [pointer["run"]]
    record = json.loads((folder / "latest" / "run.json").read_text(encoding="utf-8"))
    assert record["run"] == pointer["run"]
    assert {file: about["sha256"] for file, about in record["files"].items()} == {
        file: sha256(folder / "latest" / file) for file in files - {"run.json"}
    }


def test_the_published_plan_keeps_its_limits_in_both_languages(out):
    plans = {}
    for name in ("demo", "demo_zh"):
        rows = pd.read_csv(out / name / "latest" / "actions.csv", encoding="utf-8-sig", dtype=str)
        assert rows["customer_id"].is_unique
        chosen = rows[rows["chosen"] == "TRUE"]
        assert sum(map(Decimal, chosen["cost"])) <= 25
        assert sum(map(Decimal, chosen["hours"])) <= 24
        assert abs((rows["held_back"] == "TRUE").sum() - len(rows) / 10) <= 1
        plans[name] = rows
    words = ["title", "owner", "reason"]
    pd.testing.assert_frame_equal(plans["demo"].drop(columns=words), plans["demo_zh"].drop(columns=words))
    assert "优惠券提醒" in set(plans["demo_zh"]["title"])


@pytest.mark.parametrize("name", REPORTS)
def test_facts_have_the_columns_of_the_contract(out, name):
    facts = pd.read_parquet(out / name / "latest" / "facts.parquet")
    assert tuple(facts.columns) == FACT_COLUMNS
    assert set(facts["workbook"]) == {name}
    assert set(facts["run"]) == {(out / name / "latest").readlink().name}
    assert not facts[["kpi", "period", "slice", "member"]].duplicated().any()


def test_figures_are_the_same_in_both_languages(pages):
    words = ["workbook", "run", "reason"]
    for name in ("online_retail", "demo"):
        english, chinese = (pages[one].facts.drop(columns=words) for one in (name, f"{name}_zh"))
        pd.testing.assert_frame_equal(english, chinese)


def test_the_index_lists_all_and_its_links_lead_to_pages(out):
    soup = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    links = [link["href"] for link in soup.select("a[href]")]
    for name in REPORTS:
        there = {(out / link).resolve() for link in links if link.startswith(name)}
        assert (out / name / "latest" / "report.html").resolve() in there
    assert all((out / link).exists() for link in links)


def test_once_more_nothing_is_made(home, out, capsys):
    def state():
        # Beside the lock's, the file that tells of the last attempt is written: it was one.
        files = [path for path in out.rglob("*") if path.is_file() and path.name not in (".lock", "status.json")]
        return {path: path.stat().st_mtime_ns for path in files}

    before, record = state(), (out / "demo" / "latest" / "run.json").read_text(encoding="utf-8")
    assert run(home, "demo") == 0
    said = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    # Which part of the key differs, the two records tell.
    assert said == ["unchanged"], (record, (out / "demo" / "latest" / "run.json").read_text(encoding="utf-8"))
    assert state() == before


# What is read -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
def test_the_scorecard_shows_the_facts(pages, name):
    """Each shown figure, read as a number, is the fact to the digits that are shown."""
    page = pages[name]
    period = json.loads((page.folder / "run.json").read_text(encoding="utf-8"))["period"]
    year, month = map(int, period.split("-"))
    periods = {"value": period, "before": f"{year}-{month - 1:02}", "year": f"{year - 1}-{month:02}"}
    lines = page.lines()
    assert len(lines) == len(page.kpis) >= 12
    compared = 0
    for kpi, line in lines.items():
        for column, label in periods.items():
            # In the cells of changes, what was compared with comes last.
            shown = re.findall(r"(?:from |上期 ?|同期 ?)?(−?[£€]?[\d,]+(?:\.\d+)?(?: ?%)?)", line[column])
            if line[column].startswith("–"):
                continue
            assert reads_as(shown[-1], page.facts.loc[(kpi, label, "", ""), "value"]), (kpi, column, line[column])
            compared += 1
    assert compared > 2.3 * len(lines)  # trailing years have no figure before, and what customers are worth is of today


@pytest.mark.soak
def test_the_page_of_service_tells_how_long_each_team_takes(home):
    """Half of a team's tickets are answered within what the page says: the median that the facts have."""
    assert run(home, "service") == 0
    page = Page(home / "reports" / "service" / "latest")
    rows = [[cell.text for cell in row.select(".cell")] for row in page.soup.select(".t-waits tbody tr")][:4]
    assert [row[0] for row in rows] == ["Total", "alpha", "gamma", "beta"]
    for name, *cells in rows:
        where = ("tickets.team", name) if name != "Total" else ("", "")
        assert reads_as(
            cells[6].removesuffix(" h"), page.facts.loc[("first_response_hours", "2024-12", *where), "value"]
        )


def reads_as(shown: str, value: float) -> bool:
    digits = re.sub(r"[£€,% ]", "", shown).replace("−", "-")
    places = len(digits.partition(".")[2]) + (2 if "%" in shown else 0)
    number = float(digits) / (100 if "%" in shown else 1)
    return abs(number - value) <= 0.5 * 10**-places + 1e-9


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_needs_nothing_and_fits(browser, pages, name):
    path = pages[name].folder / "report.html"
    assert path.stat().st_size < 2_000_000
    for width in (1280, 390):
        with visit(browser, path, width) as seen:
            seen.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
            assert seen.requests == []
            assert seen.console == []
            assert seen.overflow() <= 0
            if width == 1280:
                assert seen.missing_glyphs() == []
                assert len(seen.page.query_selector_all("figure svg")) >= len(pages[name].kpis)


@pytest.mark.parametrize("name", ["online_retail", "demo_zh"])
def test_the_page_prints_on_a4(browser, pages, name):
    with visit(browser, pages[name].folder / "report.html") as seen:
        pdf = seen.page.pdf(prefer_css_page_size=True, print_background=True)
        boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
        assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}
        assert 4 <= len(boxes) <= 30
        seen.page.set_viewport_size({"width": 688, "height": 900})  # A4 less its margins
        seen.page.emulate_media(media="print")
        assert seen.overflow() <= 0


# In which language ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["online_retail_zh", "demo_zh"])
def test_a_chinese_page_has_no_english_sentence_left(pages, name):
    assert_chinese(pages[name])


@pytest.mark.soak
def test_service_in_chinese(home):
    assert run(home, "service_zh") == 0
    assert_chinese(Page(home / "reports" / "service_zh" / "latest"))


def assert_chinese(page):
    members = set(page.facts.index.get_level_values("member")) - {""}
    names = re.compile("|".join(re.escape(member) for member in sorted(members, key=len, reverse=True)))
    assert [words for words in page.words() if ENGLISH.search(names.sub("", words))] == []
    assert [title for title in page.kpis if not CHINESE.search(title)] == []
    assert [one.text for one in page.soup.select("h1, h2, h3, summary, th") if not CHINESE.search(one.text)] == [
        one.text for one in page.soup.select("h1, h2, h3, summary, th") if one.text in members
    ]
    reasons = set(page.facts["reason"]) - {""}
    assert [reason for reason in reasons if ENGLISH.search(reason) or not CHINESE.search(reason)] == []


@pytest.mark.parametrize("name", ["online_retail", "demo"])
def test_an_english_page_has_no_chinese(pages, name):
    assert [words for words in pages[name].words() if CHINESE.search(words)] == []
    assert [reason for reason in set(pages[name].facts["reason"]) if CHINESE.search(reason)] == []


def test_no_phrase_of_the_other_language_stands_in_a_page(pages):
    """The phrases are those of the package: whatever it can say, between its placeholders."""
    texts = list(package_texts())
    assert len(texts) > 200
    for name in REPORTS:
        own, other = ("zh", "en") if name.endswith("_zh") else ("en", "zh")
        said = "\n".join(pages[name].words())
        phrases = {phrase for text in texts for phrase in phrases_of(getattr(text, other), other)}
        phrases -= {phrase for text in texts for phrase in phrases_of(getattr(text, own), other)}
        assert [phrase for phrase in sorted(phrases) if phrase in said] == []


def package_texts() -> Iterator[Text]:
    """Every text that a module of the package holds, by itself or in a table of texts."""
    for module in pkgutil.walk_packages(cpm_core.__path__, "cpm_core."):
        for value in vars(importlib.import_module(module.name)).values():
            for one in value.values() if isinstance(value, dict) else [value]:
                if isinstance(one, Text):
                    yield one


def phrases_of(template: str, locale: str) -> list[str]:
    """What stands between placeholders, where it is long enough to be nobody's name."""
    parts = [part.strip(" .,:;，。：；") for part in re.split(r"\{[^}]*\}", template)]
    return [part for part in parts if (part.count(" ") >= 2 if locale == "en" else len(part) >= 4)]


# Without `cpm` ----------------------------------------------------------------------------------


def test_papermill_alone_runs_the_notebook_as_of_another_day(repository, environment, tmp_path):
    there = tmp_path / "x.ipynb"
    line = ["notebooks/scorecard.ipynb", str(there), "-p", "params", "params/online_retail.yaml"]
    command = [sys.executable, "-m", "papermill", *line, "-p", "as_of", "2011-10-31"]
    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    cells = nbformat.read(there, as_version=4).cells
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error"] == []
    texts = [output.data["text/plain"] for output in outputs if "data" in output]
    assert "October 2011" in texts[0]
    scorecard = next(text for text in texts if text.startswith("Scorecard"))
    assert "Revenue  £974,604" in scorecard
    assert "Orders  1,929" in scorecard
    printed = {line.split()[0]: line.split()[1] for line in outputs[-1].text.splitlines()}
    assert round(float(printed["revenue"].replace(",", "")), 2) == 974_603.59
    assert round(float(printed["gross_sales"].replace(",", "")), 2) == 1_039_318.79
    assert float(printed["active_customers"].replace(",", "")) == 1_364


# A team's own -----------------------------------------------------------------------------------

SECTION = """
from cpm_core.api import Section, Text, hookimpl

@hookimpl
def cpm_report_sections():
    title = Text(en="Where tickets come from", zh="工单来源")
    return [Section(id="origin", title=title, render=lambda book: f"<p>{len(book.kpis)} figures, {book.period.label}</p>")]
"""
KPIS = """
from cpm_core.api import Section, Text, Total, hookimpl, kpi

@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Shelf count", "zh": "货架数"})
def shelf_count(orders):
    "A mistake of the one who wrote it."
    raise ZeroDivisionError("no shelf to count")

@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Sum of numbers", "zh": "编号之和"})
def sum_of_numbers(orders):
    "Fails within the query that all KPIs of the table share: an order's id is no number."
    return Total(("no. " + orders.order_id).cast("int64"))

@hookimpl
def cpm_kpis():
    return [shelf_count, sum_of_numbers]

@hookimpl
def cpm_report_sections():
    return [Section(id="shelves", title=Text(en="Shelves", zh="货架"), render=lambda book: book.shelves)]
"""
RULE = """
from cpm_core.api import Text, TierRule, TopShare, hookimpl

def value(profile, options, settings):
    raise LookupError("the list of friends is lost")

@hookimpl
def cpm_tier_rules():
    cut = TopShare({"VIP": 0.1, "key": 0.2})
    return [TierRule(id="friends", title=Text(en="Friends first", zh="熟人优先"), value=value, cut=lambda _: cut)]
"""


@pytest.fixture(scope="module")
def team(repository, tmp_path_factory, environment):
    """A smaller demo, short and with one slice, on a notebook and with a section of the team's own; published once."""
    home = tmp_path_factory.mktemp("team")
    for folder in ("params", "plugins"):
        (home / folder).mkdir()
    (home / "plugins" / "online_retail").symlink_to(repository / "plugins" / "online_retail")
    (home / "plugins" / "origin.py").write_text(SECTION, encoding="utf-8")
    opened = "import cpm_core as cpm\n\nbook = cpm.open(params, **(overrides or {}))"
    parameters = 'params: str = "params/team.yaml"\noverrides: dict | None = None'
    cells = (opened, "book.report.headline()", "book.report.scorecard()", "book.sections()", "print('by hand')")
    notebook(home / "notebooks" / "mine.ipynb", *cells, parameters=parameters)
    demo = (repository / "params" / "demo.yaml").read_text(encoding="utf-8")
    changes = [
        ("workbook: demo", "workbook: team\nstrict: false"),
        ("history: 24", "history: 2"),
        ("customers: 2000", "customers: 200"),
        ("slices: [region, orders.channel, service_team]", "slices: [region]"),
        ("{notebook: scorecard, formats: [html, xlsx]}", "{notebook: mine, formats: [html]}"),
    ]
    (home / "params" / "team.yaml").write_text(replaced(demo, *changes), encoding="utf-8")
    environment.chdir(home)
    assert run(home, "team") == 0
    return home


@pytest.fixture
def plugin(team, environment):
    """Write a plugin for one test. Its name is its own, as a process imports a plugin once."""
    written = []

    def write(name, text):
        written.append(team / "plugins" / f"{name}.py")
        written[-1].write_text(text, encoding="utf-8")

    environment.chdir(team)
    yield write
    for path in written:
        path.unlink()


def test_a_notebook_of_ones_own_shows_what_it_asks_for(team):
    soup = BeautifulSoup((team / "reports/team/latest/report.html").read_text(encoding="utf-8"), "html.parser")
    assert [one["id"] for one in soup.select("section.cpm")] == ["cpm-headline", "cpm-scorecard", "cpm-extra-origin"]
    assert len(soup.select(".t-scorecard .name")) == 45
    assert soup.find("pre").text.strip() == "by hand"


def test_a_plugins_section_stands_on_the_page(team):
    soup = BeautifulSoup((team / "reports/team/latest/report.html").read_text(encoding="utf-8"), "html.parser")
    section = soup.select_one("#cpm-extra-origin")
    assert section.h2.text == "Where tickets come from"
    assert section.p.text == "45 figures, 2024-12"


def test_kpis_and_sections_that_fail_are_named_and_all_other_figures_stand(team, plugin, capsys):
    before = Page(team / "reports/team/latest")
    plugin("shaky", KPIS)
    assert run(team, "team") == 3
    said = " ".join(capsys.readouterr().err.split())
    after = Page(team / "reports/team/latest")
    assert after.folder != before.folder
    failed = after.facts[after.facts["state"] == "failed"]
    assert set(failed.index.get_level_values("kpi")) == {"shelf_count", "sum_of_numbers"}
    others = after.facts[after.facts["state"] != "failed"]
    pd.testing.assert_frame_equal(others.drop(columns="run"), before.facts.drop(columns="run"))
    headline = after.soup.select_one("#cpm-headline")
    assert "2 figures could not be measured" in headline.select_one(".lede").text
    told = headline.select_one(".unmeasured").text
    for words in ("Shelf count", "Sum of numbers", "shaky", "no shelf to count"):
        assert words in told
    assert "This section of shaky failed" in after.soup.select_one("#cpm-extra-shelves").text
    degraded = json.loads((after.folder / "run.json").read_text(encoding="utf-8"))["degraded"]
    assert len(degraded) == 3
    for name in ("shelf_count", "sum_of_numbers", "section shelves"):
        assert name in said
        assert any(name in words and "shaky" in words for words in degraded)


def test_a_tier_rule_that_fails_publishes_nothing(team, plugin, capsys):
    before = (team / "reports/team/latest").readlink()
    plugin("friends", RULE)
    params = team / "params" / "team.yaml"
    text = params.read_text(encoding="utf-8")
    friends = replaced(text, ("{rule: percentile, cut: {VIP: 0.05, key: 0.20}}", "{rule: friends}"))
    (team / "params" / "friends.yaml").write_text(friends, encoding="utf-8")
    assert run(team, "friends") == 1
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "friends" in said
    assert "the list of friends is lost" in said
    assert (team / "reports/team/latest").readlink() == before
    assert json.loads((team / "reports/team/latest.json").read_text(encoding="utf-8"))["run"] == before.name


def test_half_a_delivery_stops_the_run_and_readers_keep_the_last_report(out, home, environment, capsys):
    environment.chdir(home)
    before = (out / "demo/latest").readlink()
    params = home / "params" / "demo.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(replaced(text, ("seed: 7}", "seed: 7, half_delivery: true}")), encoding="utf-8")
    try:
        assert run(home, "demo") == 1
    finally:
        params.write_text(text, encoding="utf-8")
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    # Of December's 1,183 orders 592 came; the last 28 days have 546 of the 1,092 that a whole delivery has.
    told = re.search(r"Too few rows \(orders\): 546 rows of source demo in .*? where about ([\d,]+) are usual", said)
    assert 1092 * 0.9 < int(told[1].replace(",", "")) < 1092 * 1.1
    assert "Too few rows (order_lines)" in said
    assert (out / "demo/latest").readlink() == before
    assert json.loads((out / "demo/latest.json").read_text(encoding="utf-8"))["run"] == before.name
