"""A report reaches each recipient at most once, an alert at least once, whatever ends when."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cpm_core.model.errors import DataError, NotSentError, PerhapsSentError
from cpm_core.model.secrets import know
from cpm_core.runs.sending import deliver as delivering
from cpm_core.runs.sending.outbox import LONGEST, Outbox, Row
from tests.runs.sending.givens import (
    ID,
    NOW,
    Killed,
    Post,
    another_process,
    deliver,
    event,
    fine,
    killed_at,
    publish,
    raising,
    states,
    use,
)

AWAY = NotSentError("the server does not answer", heals=True)
WRONG = NotSentError("the server does not know this user")
UNSURE = PerhapsSentError("no answer")
BOSS, TEAM = Row("rowboss", "post", "boss"), Row("rowteam", "post", "team")


@pytest.fixture
def report(tmp_path, monkeypatch):
    monkeypatch.setattr(delivering, "WAITS", (0.0, 0.0))
    folder = tmp_path / "reports" / "shop"
    publish(folder)
    return folder


def test_each_recipient_is_told_once_with_what_there_is_to_tell(report):
    post = Post()
    event(report, BOSS, TEAM)
    said = use(post, "boss", "team", link="https://share.example.com")
    assert deliver(report, said) == []
    assert deliver(report, said) == []
    assert [(run.recipient, run.id, run.folder) for run in post.got] == [
        ("boss", ID, report / "runs" / ID),
        ("team", ID, report / "runs" / ID),
    ]
    first = post.got[0]
    assert first.link == f"https://share.example.com/shop/runs/{ID}/report.html"
    assert (first.notice, first.at) == (f"shop/report/{ID}", NOW)
    assert states(report) == ["sent", "sent"]


def test_what_is_not_published_is_not_told(report):
    event(report, BOSS, name="2024-03-31-11111111")
    post = Post()
    assert deliver(report, use(post, "boss")) == []
    assert (post.calls, states(report)) == (0, ["pending"])
    publish(report, "2024-03-31-11111111")
    deliver(report, use(post, "boss"))
    assert post.calls == 1


def test_a_server_that_is_away_is_tried_again_in_this_run_and_by_the_next(report):
    event(report, BOSS, TEAM)
    post = Post([raising(AWAY), raising(AWAY), fine])
    said = use(post, "boss", "team")
    assert deliver(report, said) == []
    assert post.calls == 4  # the third try arrives, and the second recipient at once
    other = Post([raising(AWAY)])
    event(report, Row("rowcc", "post", "cc"), Row("rowbcc", "post", "bcc"), name=f"{ID}-2")
    publish(report, f"{ID}-2")
    said = use(other, "cc", "bcc")
    wrong = deliver(report, said)
    # Of a server that is away for all tries the second recipient is tried once.
    assert other.calls == 4
    assert wrong == [
        "publisher 'post' of plugin 'ours' failed, to cc: the server does not answer",
        "publisher 'post' of plugin 'ours' failed, to bcc: the server does not answer",
    ]
    assert states(report)[2:] == ["pending", "pending"]
    other.acts = []
    assert deliver(report, said, now=NOW + timedelta(hours=23)) == []
    assert [run.recipient for run in other.got] == ["cc", "bcc"]


def test_what_does_not_heal_is_left_to_the_next_run(report):
    event(report, BOSS)
    post = Post([raising(WRONG), fine])
    assert len(deliver(report, use(post, "boss"))) == 1
    assert post.calls == 1
    assert deliver(report, use(post, "boss")) == []
    assert len(post.got) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [(UNSURE, "unknown"), (DataError("refused"), "failed"), (ConnectionError("gone"), "failed")],
    ids=["unsure", "refused", "a bug"],
)
def test_what_may_have_arrived_is_not_sent_again_and_is_told_once(report, error, state):
    event(report, BOSS)
    post = Post([raising(error), fine])
    (told,) = deliver(report, use(post, "boss"))
    assert str(error) in told
    assert deliver(report, use(post, "boss")) == []
    assert (post.calls, states(report)) == (1, [state])


def test_an_alert_that_may_have_arrived_is_sent_again_but_not_for_ever(report):
    event(report, BOSS, kind="failure", name="failed-1")
    post = Post([raising(UNSURE)])
    for tick in range(5):
        deliver(report, use(post, "boss"), now=NOW + timedelta(hours=tick))
    assert (post.calls, states(report)) == (3, ["unknown"])


def test_news_of_yesterday_are_news_no_more(report):
    event(report, BOSS)
    post = Post([raising(WRONG)])
    deliver(report, use(post, "boss"))
    (told,) = deliver(report, use(post, "boss"), now=NOW + timedelta(hours=25))
    assert told == (
        "boss of publisher 'post' was not told for a day, and is not told any more: the server does not know this user"
    )
    assert deliver(report, use(post, "boss"), now=NOW + timedelta(hours=26)) == []
    assert (post.calls, states(report)) == (1, ["stale"])


def test_of_two_runs_of_one_day_the_newer_is_told(report):
    event(report, BOSS)
    publish(report, f"{ID}-2")
    publish(report, "2024-02-29-00000000")
    event(report, BOSS, name=f"{ID}-2", at=NOW + timedelta(hours=1))
    event(report, BOSS, name="2024-02-29-00000000", at=NOW + timedelta(hours=2))
    post = Post()
    deliver(report, use(post, "boss"), now=NOW + timedelta(hours=3))
    assert [run.id for run in post.got] == [f"{ID}-2", "2024-02-29-00000000"]
    assert states(report) == ["overtaken", "sent", "sent"]


def test_who_is_not_named_any_more_is_not_told(report):
    event(report, BOSS, TEAM)
    post = Post()
    assert deliver(report, use(post, "team")) == []
    assert states(report) == ["overtaken", "sent"]


def test_no_secret_stands_in_the_outbox_or_in_what_is_told(report):
    know("tr0ub4dor-3")
    event(report, BOSS)
    (told,) = deliver(report, use(Post([raising(DataError("no key tr0ub4dor-3"))]), "boss"))
    assert told.endswith("no key •••")
    assert not any("tr0ub4dor" in path.read_text() for path in (report / "outbox").rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["report", "failure"])
@pytest.mark.parametrize("how", ["sent", "away"])
def test_killed_at_any_step(report, kind, how):
    """Before each step on the disk, and while it is sent: whether it was or not, the next process knows what to do."""
    name = ID if kind == "report" else "failed-1"
    steps, step, lost = 99, 0, 0
    while step < steps:
        box = Outbox(report)
        for one in box.events():
            box.forget(one)
        event(report, BOSS, kind=kind, name=name)
        post = Post([raising(WRONG) if how == "away" else fine, fine])
        with another_process(2 * step), killed_at(step) as done:
            try:
                deliver(report, use(post, "boss"))
                steps = len(done)
            except Killed:
                pass
        with another_process(2 * step + 1):
            deliver(report, use(post, "boss"), now=NOW + LONGEST * 2)
            deliver(report, use(post, "boss"), now=NOW + LONGEST * 2)
        if kind == "report":
            assert len(post.got) <= 1
            lost += not post.got
        else:
            assert 1 <= len(post.got) <= 2
        assert "claimed" not in states(report)
        step += 1
    assert step > 5
    # A kill costs a mail only between its claim and the note of how it ended.
    assert lost <= 6


@pytest.mark.parametrize(("kind", "arrived", "state"), [("report", 1, "unknown"), ("failure", 2, "sent")])
def test_killed_while_it_is_sent(report, kind, arrived, state):
    event(report, BOSS, kind=kind, name=ID if kind == "report" else "failed-1")
    dying = raising(Killed(), arrives=True)
    post = Post([dying, fine])
    with another_process(1), pytest.raises(Killed):
        deliver(report, use(post, "boss"))
    with another_process(2):
        told = deliver(report, use(post, "boss"))
        assert deliver(report, use(post, "boss")) == []
    assert len(dying.arrived) + len(post.got) == arrived
    assert states(report) == [state]
    if kind == "report":
        assert told == [
            "boss of publisher 'post' may have been told: the process that sent it was ended before there was an answer"
        ]


def test_one_that_is_being_sent_by_a_living_process_is_left_alone(report):
    one = event(report, BOSS)
    box = Outbox(report)
    assert box.claim(one, BOSS)
    post = Post()
    # Process 1 is there on every machine.
    path = report / "outbox" / ID / "rowboss.claim"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({**about, "process": 1, "token": "theirs"}))
    assert deliver(report, use(post, "boss")) == []
    path.write_text(json.dumps({**about, "host": "elsewhere", "token": "theirs"}))
    assert deliver(report, use(post, "boss")) == []
    assert (post.calls, states(report)) == (0, ["claimed"])
    path.write_text(json.dumps({**about, "host": "elsewhere", "at": "2024-01-01T00:00:00+00:00"}))
    assert len(deliver(report, use(post, "boss"))) == 1
    assert (post.calls, states(report)) == (0, ["unknown"])


def test_a_failure_of_what_comes_with_the_package_is_placed_in_the_params(tmp_path):
    error = ValueError("no")
    mail = replace(use(Post()), home=Path(delivering.__file__))
    assert delivering._place(mail, error) == "params/shop.yaml:9"
