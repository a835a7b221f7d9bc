"""`cpm runs outbox`."""

from __future__ import annotations

import json

from cpm_core.cli import main
from cpm_core.model.errors import NotSentError
from cpm_core.runs.sending.outbox import Row
from tests.runs.sending.givens import Post, deliver, event, fine, publish, raising, use

BOSS, TEAM = Row("rowboss", "post", "boss@example.com"), Row("rowteam", "post", "team@example.com")


def listed(report, capsys, *options):
    assert main(["runs", "outbox", "--out", str(report.parent), *options]) == 0
    return capsys.readouterr().out


def test_what_waits_is_listed_with_its_reason(tmp_path, capsys):
    report = tmp_path / "reports" / "shop"
    publish(report)
    event(report, BOSS, TEAM)
    deliver(report, use(Post([fine, raising(NotSentError("nobody is there"))]), "boss", "team"))
    shown = listed(report, capsys)
    assert "team@example.com" in shown
    assert "boss@example.com" not in shown
    (waits,) = json.loads(listed(report, capsys, "--json"))
    assert (waits["report"], waits["kind"], waits["state"], waits["tries"]) == ("shop", "report", "pending", 1)
    assert waits["why"] == "nobody is there"
    assert [one["state"] for one in json.loads(listed(report, capsys, "--all", "--json", "shop"))] == [
        "sent",
        "pending",
    ]


def test_when_all_has_arrived(tmp_path, capsys):
    publish(tmp_path / "reports" / "shop")
    assert listed(tmp_path / "reports" / "shop", capsys) == "nothing waits, and all that was told has arrived\n"
    assert main(["runs", "outbox", "shopp", "--out", str(tmp_path / "reports")]) == 2
