"""What a report says of plugins: at its top, in its footer and in the workbook."""

from pathlib import Path

import openpyxl
import pytest

from cpm_core.hooks.discovery import Quarantined
from cpm_core.model.errors import Problem
from cpm_core.report import header, plugins, provenance
from cpm_core.report.xlsx import write_workbook
from tests.report import sample

OUT = [{"name": "loyalty", "version": "3f9a", "origin": "folder", "problems": ["plugins/l.py:5: no <hook>", "two"]}]


def data(locale="en", **record):
    return sample.make(locale, provenance={**sample.provenance(), "replaced": [], "disabled": [], **record})


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", "A plugin could not be loaded."), ("zh", "有1个插件未能加载。")],
    ids=["en", "zh"],
)
def test_the_top_names_each_problem(locale, words):
    top = header.render(data(locale, quarantined=OUT))
    assert words in top.html
    assert top.html.count("<li>") == 2
    assert "no &lt;hook&gt;" in top.html
    assert "- loyalty 3f9a" in top.text
    several = header.render(data(locale, quarantined=[*OUT, {**OUT[0], "name": "other"}]))
    assert {"en": "2 plugins could not be loaded.", "zh": "有2个插件未能加载。"}[locale] in several.html


def test_nothing_is_said_where_nothing_is_wrong():
    assert "plugins-out" not in header.render(data(quarantined=[])).html
    footer = provenance.render(data(quarantined=[])).html
    assert "turned off" not in footer
    assert "could not be loaded" not in footer


def test_the_footer_and_the_workbook(tmp_path):
    told = data(quarantined=OUT, replaced=["KPI csat of ours replaces builtin.kpis.satisfaction"], disabled=["old"])
    footer = provenance.render(told).html
    for words in ("Plugins that could not be loaded", "Replaced definitions", "Plugins that are turned off"):
        assert words in footer
    assert "KPI csat of ours replaces builtin.kpis.satisfaction" in footer
    write_workbook(told, tmp_path / "book.xlsx")
    about = openpyxl.load_workbook(tmp_path / "book.xlsx").worksheets[-1]
    rows = {row[0].value: row[1].value for row in about.iter_rows()}
    assert rows["quarantined.1.name"] == "loyalty"
    assert rows["replaced"] == "KPI csat of ours replaces builtin.kpis.satisfaction"
    assert rows["disabled"] == "old"


def test_a_problem_names_its_plugin_and_its_file_from_the_home(tmp_path):
    home = tmp_path.resolve()
    problem = Problem(f"raised (see {home}/plugins/a.py:1)", f"{home}/plugins/a.py:2", ("b",), "Mend it.")
    registry = type("Registry", (), {"quarantined": [Quarantined("a", "1", "folder", "a.py", (problem,))]})
    (told,) = plugins.problems(registry, Path(tmp_path))
    assert told == Problem("plugin 'a': raised (see plugins/a.py:1)", "plugins/a.py:2", ("b",), "Mend it.")
