from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from cpm_core.runs.catalogue import entries
from cpm_core.runs.index import write_index
from cpm_core.runs.listing import list_runs


@pytest.fixture
def out(tmp_path, published):
    out = tmp_path / "reports"
    published(out / "shop", "2024-02-29-aaaaaaaa", finished="2024-03-01T08:00:00.000+00:00")
    published(
        out / "shop", "2024-03-31-bbbbbbbb", finished="2024-04-01T08:00:00.000+00:00", degraded=["KPI nps: <none>"]
    )
    (out / "shop" / "latest.json").write_text('{"run": "2024-03-31-bbbbbbbb"}', encoding="utf-8")
    published(
        out / "a&b",
        "2024-03-31-cccccccc",
        finished="2024-05-01T08:00:00.000+00:00",
        locale="zh",
        title={"en": "A & B", "zh": "甲乙"},
    )
    published(out / "shop" / "region=north", "2024-01-31-dddddddd", finished="2024-02-01T08:00:00.000+00:00")
    return out


def test_entries_are_all_runs_newest_first(out):
    found = entries(out)
    assert [(one.report, one.id[-8:]) for one in found] == [
        ("a&b", "cccccccc"),
        ("shop", "bbbbbbbb"),
        ("shop", "aaaaaaaa"),
        ("shop/region=north", "dddddddd"),
    ]
    assert [one.latest for one in found] == [False, True, False, False]
    assert found[1].degraded == ("KPI nps: <none>",)
    assert found[1].seconds == 3.5


def test_work_in_hand_broken_records_and_failures_are_no_runs(out, published):
    published(out / "shop" / ".work-1-x", "2024-03-31-eeeeeeee")
    (out / "shop" / "runs" / "2024-03-31-ffffffff").mkdir()
    (out / "shop" / "runs" / "2024-03-31-gggggggg").mkdir()
    (out / "shop" / "runs" / "2024-03-31-gggggggg" / "run.json").write_text("{", encoding="utf-8")
    (out / "shop" / "failed" / "2024-03-31-hhhhhhhh").mkdir(parents=True)
    assert len(entries(out)) == 4


def test_every_link_leads_somewhere_from_wherever_the_folder_lies(out, tmp_path):
    write_index(out)
    moved = tmp_path / "elsewhere"
    out.rename(moved)
    page = (moved / "index.html").read_text(encoding="utf-8")
    links = [unquote(link.replace("&amp;", "&")) for link in re.findall(r'href="([^"]+)"', page)]
    assert len(links) == 11  # four runs, each its page and folder, and three titles
    assert all((moved / link).exists() for link in links)


def test_the_page_needs_nothing_else_and_speaks_both_languages(out):
    write_index(out)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page, "nothing is fetched"
    assert page.count("<script") == 1, "the one that its policy names"
    assert "甲乙" in page
    for words in ("Reports", "报告", "latest", "最新", "with gaps", "部分指标缺失", "KPI nps: &lt;none&gt;"):
        assert words in page
    assert page.index("甲乙") < page.index("Shop")


def test_the_page_is_swapped_in_and_leaves_nothing_aside(out, monkeypatch):
    write_index(out)
    before = (out / "index.html").stat().st_ino
    write_index(out)
    assert (out / "index.html").stat().st_ino == before, "nothing has changed"
    (out / "a&b" / "runs" / "2024-03-31-cccccccc" / "run.json").unlink()
    write_index(out)
    assert (out / "index.html").stat().st_ino != before
    assert sorted(path.name for path in out.iterdir()) == [".lock", "a&b", "index.html", "shop"]


def test_without_runs_the_page_says_so(tmp_path):
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert "No report has been published yet." in page
    assert "尚未发布任何报告" in page


def test_runs_are_listed_as_a_table_and_as_json(out, capsys):
    import json

    assert list_runs(out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[2].split() == [
        "shop",
        "2024-03-31-bbbbbbbb",
        "2024-03-31",
        "2024-04-01",
        "08:00",
        "3.5",
        "latest,",
        "degraded",
    ]
    assert list_runs(out, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["run"][-8:] for one in told] == ["cccccccc", "bbbbbbbb", "aaaaaaaa", "dddddddd"]
    assert told[1]["latest"] is True
    assert told[1]["seconds"] == 3.5


def test_a_folder_that_is_not_there_or_empty_is_told(tmp_path, capsys):
    from cpm_core.model.errors import UsageError

    assert list_runs(tmp_path) == 0
    assert capsys.readouterr().out == f"no runs in {tmp_path}\n"
    with pytest.raises(UsageError, match="there is no folder"):
        list_runs(tmp_path / "none")
