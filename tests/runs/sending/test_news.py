"""What is told to whom: reports, those that call for a look, failures that are new, and that they are over."""

from __future__ import annotations

import math
from datetime import timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from cpm_core.hooks.agreement import check_names
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import ParamsError, Problem, RunError
from cpm_core.params.load import load
from cpm_core.report.inputs import SCORECARD_COLUMNS
from cpm_core.runs.lock import locked
from cpm_core.runs.sending import news
from cpm_core.runs.sending.news import post, send_on, tell_failure
from cpm_core.runs.sending.outbox import Outbox
from cpm_core.runs.sending.told import from_plain, to_plain
from tests.runs.sending.givens import ID, NOW, publish, run_of, states

NOTES = """\
from pydantic import BaseModel

from cpm_core.api import NotSentError, Publisher, Text, hookimpl


class Options(BaseModel):
    to: list[str]


def send(run, options):
    home = run.params.parent
    if (home / "away").is_file():
        raise NotSentError("nobody is there")
    with (home / "said.txt").open("a") as file:
        file.write(f"{run.state} {run.recipient} {run.problems[0] if run.problems else run.id}\\n")


@hookimpl
def cpm_publishers():
    return [
        Publisher("notes", Text(en="N", zh="便条"), send, lambda: Options, recipients=lambda o: o.to, failures=True),
        Publisher("plain", Text(en="P", zh="信"), send),
    ]
"""
MISSING = [Problem("there is no file orders.csv", "params/tiny.yaml:9")]
WRONG = [Problem("the amounts are no numbers")]


class Shop:
    """A project whose notes are kept, and a clock that goes as it is told."""

    def __init__(self, project, monkeypatch):
        self.project, self.now = project, NOW
        (project.home / "plugins").mkdir()
        (project.home / "plugins" / "notes.py").write_text(NOTES, encoding="utf-8")
        self.report = project.out / "tiny"
        monkeypatch.setattr(news, "_now", lambda: self.now)

    def publishes(self, *lines):
        self.path = self.project.params("tiny", more="publish:\n" + "".join(f"  - {line}\n" for line in lines))
        self.params = load(self.path)
        self.registry = Registry.of(self.params)

    def book(self, status="met", signal=""):
        row = dict.fromkeys(SCORECARD_COLUMNS, "") | dict.fromkeys(
            ["value", "previous", "change", "target_low", "target_high", "year_change"], math.nan
        )
        row |= {"kpi": "revenue", "title": "Revenue", "unit": "money", "better": "higher", "state": "ok"}
        row |= {"value": 65.0, "previous": 20.5, "change": 44.5, "target_low": 60.0, "complete": True}
        row |= {"signal_basis": "level"}
        facts = pd.DataFrame({"kpi": ["revenue"], "period": ["2024-03"], "slice": [""], "state": ["ok"]})
        return SimpleNamespace(
            params=self.params,
            registry=self.registry,
            locale=self.params.locale,
            scorecard=lambda: pd.DataFrame([row | {"status": status, "signal": signal}]),
            facts=lambda: facts,
        )

    def succeeds(self, name=ID, *, unchanged=False, **how):
        book, run = self.book(**how), run_of(self.report, name)
        if not unchanged:
            post(self.report, run, book)
            publish(self.report, name)
        return [problem.what for problem in send_on(self.report, run, book, lambda words: None)]

    def fails(self, problems=MISSING):
        told = tell_failure(self.report, "tiny", self.project.home / "params" / "tiny.yaml", [], problems)
        return [problem.what for problem in told]

    def said(self):
        path = self.project.home / "params" / "said.txt"
        lines = path.read_text().splitlines() if path.is_file() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def shop(project, monkeypatch):
    return Shop(project, monkeypatch)


def test_figures_in_words_survive_the_outbox(shop):
    shop.publishes("{use: notes, to: [boss]}")
    shop.succeeds(signal="above")
    (one,) = Outbox(shop.report).events()
    run = from_plain(one.told, shop.report, shop.project.home)
    assert from_plain(to_plain(run, shop.report), shop.report, run.params) == run
    (figure,) = run.figures
    assert (figure.value, figure.change, figure.mood, figure.target) == ("€65.00", "+217.1%", "good", "≥\u00a0€60.00")
    assert (figure.status, figure.signal, figure.signal_basis, figure.calls) == ("met", "above", "level", True)
    assert run.summary == "1 of 1 target met; 1 figure moved by more than noise."
    assert (run.title.zh, run.period, run.locale) == ("小店", "March 2024", "en")


def test_a_report_is_told_once_and_again_when_it_is_another(shop):
    shop.publishes("{use: notes, to: [boss, team]}", "{use: plain}")
    assert shop.succeeds() == []
    assert shop.said() == [f"published boss {ID}", f"published team {ID}", f"published  {ID}"]
    assert shop.succeeds(unchanged=True) == []
    assert shop.said() == []
    shop.succeeds(f"{ID}-2")
    assert len(shop.said()) == 3


def test_who_is_named_by_two_uses_is_told_once(shop):
    shop.publishes("{use: notes, to: [boss, Boss]}", "{use: notes, to: [boss, team], on: [signal, success]}")
    shop.succeeds(status="missed")
    assert shop.said() == [f"published boss {ID}", f"published team {ID}"]


@pytest.mark.parametrize(
    ("how", "told"),
    [({}, []), ({"status": "missed"}, [f"published boss {ID}"]), ({"signal": "below"}, [f"published boss {ID}"])],
    ids=["all is well", "missed", "a signal"],
)
def test_on_a_signal_alone(shop, how, told):
    shop.publishes("{use: notes, to: [boss], on: signal}")
    shop.succeeds(**how)
    assert shop.said() == told


def test_what_could_not_be_sent_is_sent_by_a_later_run_that_changes_nothing(shop):
    shop.publishes("{use: notes, to: [boss]}")
    away = shop.project.home / "params" / "away"
    away.touch()
    (told,) = shop.succeeds()
    assert told.endswith("failed, to boss: nobody is there")
    assert len(shop.succeeds(unchanged=True)) == 1
    away.unlink()
    assert shop.succeeds(unchanged=True) == []
    assert shop.said() == [f"published boss {ID}"]


def test_a_failure_is_told_when_it_is_new_and_when_it_is_over(shop):
    shop.publishes("{use: notes, to: [ops], on: failure}", "{use: notes, to: [boss]}")
    why = "failed ops params/tiny.yaml:9: there is no file orders.csv"
    shop.fails()
    assert shop.said() == [why]
    for hour in (1, 2, 23):
        shop.now = NOW + timedelta(hours=hour)
        shop.fails()
    assert shop.said() == []
    shop.now = NOW + timedelta(hours=24)
    shop.fails()
    assert shop.said() == [why]
    # Another reason is new; the one before is known.
    shop.fails(WRONG)
    shop.fails()
    shop.fails(WRONG)
    assert shop.said() == ["failed ops the amounts are no numbers"]
    shop.succeeds()
    assert shop.said() == [f"published boss {ID}", f"recovered ops {ID}"]
    assert shop.succeeds(unchanged=True) == []
    assert shop.said() == []
    shop.now += timedelta(minutes=1)
    shop.fails()
    assert shop.said() == [why]


def test_over_is_told_also_by_a_run_that_changes_nothing(shop):
    shop.publishes("{use: notes, to: [ops], on: [success, failure]}")
    shop.succeeds()
    shop.fails()
    assert len(shop.said()) == 2
    shop.succeeds(unchanged=True)
    shop.succeeds(unchanged=True)
    assert shop.said() == [f"recovered ops {ID}"]


def test_a_failure_that_nobody_heard_of_is_not_told_when_it_is_over(shop):
    shop.publishes("{use: notes, to: [ops], on: failure}")
    away = shop.project.home / "params" / "away"
    away.touch()
    assert len(shop.fails()) == 1
    away.unlink()
    shop.succeeds()
    assert shop.said() == []
    assert states(shop.report) == ["overtaken"]


def test_a_failure_is_told_by_the_next_tick_if_the_server_was_away(shop):
    shop.publishes("{use: notes, to: [ops], on: failure}")
    away = shop.project.home / "params" / "away"
    away.touch()
    shop.fails()
    away.unlink()
    shop.now += timedelta(hours=1)
    shop.fails()
    shop.fails()
    assert len(shop.said()) == 1


def test_a_reason_is_the_same_though_its_figures_and_folders_differ(shop):
    shop.publishes("{use: notes, to: [ops], on: failure, again_after: 7d}")
    for number, folder in ((17, "/tmp/cpm-1a2b3c4d"), (18, "/tmp/cpm-99887766")):
        shop.fails([Problem(f"row {number} of {folder}/orders is wrong (id 0a1b2c3d4e)")])
    assert len(shop.said()) == 1


def test_while_another_run_is_under_way_nothing_is_told(shop):
    shop.publishes("{use: notes, to: [ops], on: failure}")
    shop.report.mkdir(parents=True)
    with locked(shop.report, "tiny"):
        assert shop.fails() == []
    assert shop.said() == []


def test_params_that_cannot_be_read_tell_nobody(shop):
    shop.publishes("{use: notes, to: [ops], on: failure}")
    (shop.project.home / "params" / "tiny.yaml").write_text("as_of: yesterday\n", encoding="utf-8")
    assert shop.fails() == []
    assert shop.said() == []


def test_an_outbox_that_cannot_be_written(shop, monkeypatch):
    shop.publishes("{use: notes, to: [ops], on: [success, failure]}")

    def full(self, event):
        raise OSError(28, "No space left on device")

    shop.succeeds()
    monkeypatch.setattr(Outbox, "post", full)
    # Of a report that cannot be written down nothing is told, and it is not published.
    with pytest.raises(RunError, match="the outbox cannot be written: No space left on device"):
        shop.succeeds(f"{ID}-2")
    shop.said()
    # That it failed is told all the same.
    assert shop.fails() == []
    assert shop.said() == ["failed ops params/tiny.yaml:9: there is no file orders.csv"]
    (shop.project.home / "params" / "away").touch()
    (told,) = shop.fails()
    assert told.endswith("failed, to ops: nobody is there")


def test_a_publisher_that_cannot_tell_of_failures_is_refused(shop):
    shop.publishes("{use: plain, on: [success, failure]}")
    with pytest.raises(ParamsError) as caught:
        check_names(shop.params, shop.registry)
    (problem,) = caught.value.problems
    assert problem.what == "publisher 'plain' cannot tell of failures"
    assert problem.where.endswith("tiny.yaml:13")
    assert problem.fix == "Take `failure` out of `on`. Those that can: mail, notes, webhook."


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{use: plain, on: sucess}", "publish.0.on"),
        ("{use: plain, again_after: soon}", "is no span of time"),
        ("{use: plain, link: share}", "is no address"),
        ("{use: plain, on: []}", "publish.0.on"),
    ],
)
def test_keys_of_a_use_are_checked(shop, line, words):
    with pytest.raises(ParamsError, match=words):
        shop.publishes(line)
