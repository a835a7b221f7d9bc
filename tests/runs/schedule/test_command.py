from __future__ import annotations

import json

import pytest

from cpm_core.cli import main

WHEN = ("--cron", "0 6 1 * *", "--timezone", "Asia/Shanghai")


def test_a_report_is_made_of_the_day_before_its_tick_and_once(project, capsys):
    due = ["due", "tiny", *WHEN, "--out", str(project.out), "-p", "title.en", "A 50 % shop"]
    # 06:00 on 1 April in Shanghai, and a second.
    now = ["--now", "2024-04-01T06:00:01+08:00"]
    assert main([*due, *now, "--show"]) == 0
    assert capsys.readouterr().out == (
        "due: 2024-04-01 06:00 Asia/Shanghai, as of 2024-03-31\nnext: 2024-05-01 06:00 Asia/Shanghai, as of 2024-04-30\n"
    )
    assert project.runs() == []

    assert main([*due, *now]) == 0
    assert capsys.readouterr().out.startswith("published ")
    (run,) = project.runs()
    assert run.startswith("2024-03-31-")
    record = json.loads((project.out / "tiny" / "runs" / run / "run.json").read_text(encoding="utf-8"))
    assert record["title"]["en"] == "A 50 % shop"

    # Called again, it ends at once; called for this very tick, it finds it unchanged.
    assert main([*due, "--now", "2024-04-01T06:15:00+08:00"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*due, *now, "--tick", "2024-04-01T06:00:00+08:00"]) == 0
    assert capsys.readouterr().out.startswith("unchanged ")
    assert project.runs() == [run]

    # An earlier tick, as of a task that is cleared, is made, and readers keep the later report.
    assert main([*due, *now, "--tick", "2024-03-01T06:00:00+08:00"]) == 0
    assert [one[:10] for one in project.runs()] == ["2024-02-29", "2024-03-31"]
    assert project.latest() == run


def test_what_cannot_be_scheduled_is_told(project, capsys):
    assert main(["schedule", "tiny", *WHEN, "--as-of", "2024-03-31"]) == 2
    assert "the schedule gives the as-of day" in capsys.readouterr().err
    assert main(["schedule", "tiny", *WHEN, "--backfill", "2024-01..2024-02"]) == 2
    assert "fills in no earlier periods" in capsys.readouterr().err
    assert main(["schedule", "tiny", *WHEN, "--frmo", "x"]) == 2
    assert "--frmo" in capsys.readouterr().err
    assert main(["schedule", "tiny", "tyni", *WHEN]) == 2
    assert "there is no params file tyni" in capsys.readouterr().err
    assert main(["schedule", "tiny", "--cron", "0 6 * *", "--timezone", "Asia/Shangai"]) == 2
    err = capsys.readouterr().err
    assert "five fields, not 4" in err
    assert "nearest: Asia/Shanghai" in err
    assert main(["schedule", "tiny", *WHEN, "--print", "cron", "--folder", "/srv"]) == 2
    assert "only a container's folder" in capsys.readouterr().err
    assert main(["schedule", "tiny", *WHEN, "--print", "kubernetes"]) == 2
    out, err = capsys.readouterr()
    assert (out, "needs a container's image" in err) == ("", True)
    assert main(["due", "tiny", *WHEN, "--now", "today"]) == 2
    assert "is no instant" in capsys.readouterr().err


def test_without_a_form_the_next_runs_are_shown_in_the_zone_of_the_params(project, capsys):
    assert main(["schedule", "tiny", "--cron", "0 6 3 * *", "--days-back", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(" 06:00 UTC, as of " in line for line in lines)
    project.params("other", more="")
    path = project.home / "params" / "other.yaml"
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: Europe/Berlin"))
    assert main(["schedule", "tiny", "other", "--cron", "0 6 3 * *"]) == 2
    assert "several time zones: UTC, Europe/Berlin" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("cron", ["cpm-tiny.crontab"]),
        ("systemd", ["cpm-tiny.service", "cpm-tiny.timer"]),
        ("airflow", ["cpm_tiny.py"]),
        ("kubernetes", ["cpm-tiny.yaml"]),
    ],
)
def test_files_are_printed_or_written(project, capsys, form, names):
    words = ["schedule", "tiny", *WHEN, "--print", form, "--image", "a/b:1"]
    assert main(words) == 0
    printed, err = capsys.readouterr()
    assert err == "The as-of day is not over in UTC, where the workbook is, when its report is made.\n"
    assert main([*words, "--to", "made"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"made/{name}" for name in names]
    for name in names:
        assert (project.home / "made" / name).read_text(encoding="utf-8") in printed
        assert f"# --- {name}\n" in printed
    assert str(project.home) in printed
