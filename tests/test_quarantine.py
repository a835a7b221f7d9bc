"""A report beside a plugin that could not be loaded: published and told at the top, or, where strict, not at all."""

import json

import pytest

import cpm_core as cpm
from cpm_core.model.errors import ParamsError, PluginError
from cpm_core.params.overrides import from_command_line
from cpm_core.runs.batch import run_reports
from tests.hooks.test_discovery import KPI
from tests.runs.projects import Project

BROKEN = "from cpm_core.api import hookimpl\n\n\n@hookimpl\ndef cpm_kpi():\n    return []\n"
SHOWS = "import cpm_core as cpm\nbook = cpm.open(params, **(overrides or {}))\nbook.report.header()"


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "shop")
    made.notebook("tiny", SHOWS, "book.report.provenance()")
    (made.home / "plugins").mkdir()
    (made.home / "plugins" / "ours.py").write_text(BROKEN)
    return made


def opened(project, **keys):
    return cpm.open(project.home / "params" / "tiny.yaml", **{"strict": False, **keys})


def test_a_kpi_that_nobody_provides_is_failed_and_names_the_plugin(project):
    book = opened(project, kpis=["orders", "parcels"], targets={"parcels": {"at_least": 1}}, locale="zh")
    try:
        facts = book.facts()
        assert set(facts[facts["kpi"] == "parcels"]["state"]) == {"failed"}
        assert facts[facts["kpi"] == "parcels"]["reason"].str.contains("ours").all()
        (orders,) = facts[(facts["kpi"] == "orders") & (facts["period"] == "2024-03")]["value"]
        assert orders == 2, "all else is as it was"
        (first, *_) = book.degraded()
        assert first.what == "plugin 'ours': there is no hook 'cpm_kpi'"
        assert first.where == "plugins/ours.py:5", "as it is told from the workbook's home"
        top = book.report.header()
        assert "有1个插件未能加载" in top.html
        assert "plugins/ours.py:5: plugin &#x27;ours&#x27;: there is no hook &#x27;cpm_kpi&#x27;" in top.html
        assert str(project.home) not in top.html + book.report.provenance().html
        (out,) = book.provenance()["quarantined"]
        assert (out["name"], out["origin"], len(out["version"])) == ("ours", "folder", 12)
    finally:
        book.close()


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"tiers": {"rule": "theirs"}}, "there is no tier rule 'theirs'"),
        ({"lifecycle": {"rule": "theirs"}}, "there is no lifecycle rule 'theirs'"),
        ({"sources": [{"use": "theirs"}]}, "there is no source 'theirs'"),
        ({"plan": {"use": ["theirs"]}}, "there is no action 'theirs'"),
    ],
    ids=["tiers", "lifecycle", "source", "action"],
)
def test_without_a_source_rule_or_action_there_is_no_report(project, keys, what):
    with pytest.raises(PluginError) as caught:
        opened(project, **keys)
    (told,) = caught.value.problems
    assert told.what == what
    assert told.fix.startswith("These plugins could not be loaded, and may provide it: ours.")
    (project.home / "plugins" / "ours.py").unlink()
    with pytest.raises(ParamsError) as wrong:
        opened(project, **keys)
    assert wrong.value.problems[0].what == what


def test_what_is_wrong_with_the_params_themselves_is_told_first(project):
    with pytest.raises(ParamsError) as caught:
        opened(project, tiers={"rule": "theirs"}, sources=[{"use": "files", "tabels": {}}])
    assert len(caught.value.problems) >= 2


def test_nothing_is_wrong_with_a_publisher_that_may_be_theirs(project):
    opened(project, publish=[{"use": "theirs"}]).close()


def run(project, *disabled, code, **environment):
    path = str(project.home / "params" / "tiny.yaml")
    assert run_reports([path], from_command_line(disabled=disabled), project.out) == code
    return json.loads((project.out / "tiny" / "latest" / "run.json").read_text(encoding="utf-8"))


def test_published_but_degraded_then_mended_then_strict(project, monkeypatch):
    """Three kernels: exit codes 3, 0 and 1, and what readers see after each."""
    monkeypatch.setenv("CPM_STRICT", "0")
    first = run(project, code=3)
    page = (project.out / "tiny" / "latest" / "report.html").read_text(encoding="utf-8")
    assert "A plugin could not be loaded." in page
    assert "Plugins that could not be loaded" in page, "the footer"
    assert first["degraded"][0].startswith("plugins/ours.py:5: plugin 'ours': there is no hook 'cpm_kpi'")
    assert [one["name"] for one in first["quarantined"]] == ["ours"]
    mine = KPI.format(name="revenue").replace('title={"en"', 'replaces="builtin.kpis.sales", title={"en"')
    (project.home / "plugins" / "ours.py").write_text(mine)
    (project.home / "plugins" / "extra.py").write_text("")
    mended = run(project, "extra", code=0)
    assert mended["run"] != first["run"], "never `unchanged` of a plugin that was mended"
    assert mended["quarantined"] == []
    assert mended["replaced"] == ["KPI revenue of ours replaces builtin.kpis.sales"]
    assert mended["disabled"] == ["extra"]
    assert "plugins.disable" in [one["key"] for one in mended["said"]]
    (project.home / "plugins" / "ours.py").write_text(BROKEN)
    monkeypatch.setenv("CPM_STRICT", "1")
    still = run(project, "extra", code=1)
    assert still["run"] == mended["run"], "nothing is published, and readers keep what they have"
