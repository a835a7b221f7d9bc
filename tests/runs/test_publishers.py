"""What is done with a report once it stands."""

from __future__ import annotations

import pytest

from cpm_core.runs.batch import run_reports
from cpm_core.runs.record import read_record
from cpm_core.runs.sending.outbox import Outbox

CHAT = """\
from pathlib import Path

from pydantic import BaseModel

from cpm_core.api import Publisher, Text, hookimpl


class Options(BaseModel):
    words: str
    times: int = 1


def send(run, options):
    if options.words == "fail":
        raise ConnectionError("no such chat")
    with (run.params.parent / "said.txt").open("a") as file:
        file.write(f"{options.words} {run.id} {run.folder.is_dir()}\\n" * options.times)


@hookimpl
def cpm_publishers():
    return [Publisher("chat", Text(en="Chat", zh="聊天"), send, lambda: Options)]
"""


@pytest.fixture
def with_chat(project):
    """A project with a publisher of its own; the notebook does nothing."""
    (project.home / "plugins").mkdir()
    (project.home / "plugins" / "chat.py").write_text(CHAT, encoding="utf-8")
    return project


def published(project, lines, *, strict="false"):
    more = "publish:\n" + "".join(f"  - {line}\n" for line in lines) + f"strict: {strict}\n"
    project.params("tiny", more=more)
    return run_reports(["tiny"], [], project.out)


def said(project):
    path = project.home / "params" / "said.txt"
    return path.read_text().splitlines() if path.is_file() else []


def outbox(project):
    """Run, publisher, state and reason of each row."""
    rows = Outbox(project.out / "tiny").rows()
    return [(event.id, row.publisher, note.state, note.why) for event, row, note in rows]


def test_publishers_are_called_in_order_once_and_not_for_a_run_that_is_unchanged(with_chat):
    (with_chat.home / "share").mkdir()
    lines = ["{use: chat, words: one, times: 2}", "{use: folder, to: ../share}", "{use: chat, words: two}"]
    assert published(with_chat, lines) == 0
    assert published(with_chat, lines) == 0
    run = with_chat.latest()
    assert said(with_chat) == [f"one {run} True"] * 2 + [f"two {run} True"]
    copied = with_chat.home / "share" / "tiny" / run
    assert {path.name for path in copied.iterdir()} == {path.name for path in (with_chat.out / "tiny/latest").iterdir()}
    assert outbox(with_chat) == [(run, "chat", "sent", ""), (run, "folder", "sent", ""), (run, "chat", "sent", "")]


def test_one_that_fails_takes_nothing_back_and_the_others_go_on(with_chat, capsys, caplog):
    caplog.set_level("INFO")
    post = with_chat.home / "plugins" / "post.py"
    post.write_text("import no_such_module", encoding="utf-8")
    lines = ["{use: chat, words: fail}", "{use: post}", "{use: chat, words: after}"]
    assert published(with_chat, lines) == 3
    run = with_chat.latest()
    assert said(with_chat) == [f"after {run} True"]
    # The record was written before: it knows of the plugin alone that could not be loaded.
    assert len(read_record(with_chat.out / "tiny" / "runs" / run)["degraded"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("published ")
    assert "Published, but degraded: tiny" in err
    told = " ".join(err.replace("│", " ").split())
    words = "publisher 'chat' of plugin 'chat' failed: ConnectionError: no such chat"
    assert words in told
    line = CHAT.splitlines().index('        raise ConnectionError("no such chat")') + 1
    assert f"chat.py:{line}" in err.replace("│\n│", "").replace(" ", "")
    assert words in caplog.text
    unsent = "nothing was sent by 'post': no plugin that could be loaded provides this publisher"
    assert unsent in told
    assert "params/tiny.yaml:14" in told
    assert outbox(with_chat) == [
        (run, "chat", "failed", "ConnectionError: no such chat"),
        (run, "post", "pending", ""),
        (run, "chat", "sent", ""),
    ]
    # In a strict report the same ends with 1, and the report stands all the same.
    post.unlink()
    assert published(with_chat, ["{use: chat, words: fail}"], strict="true") == 1
    out, err = capsys.readouterr()
    assert out.startswith("published ")
    assert "Published, but `strict`, and something failed: tiny" in err
    assert with_chat.latest() != run


def test_names_and_options_are_checked_before_anything_runs(with_chat, capsys):
    assert published(with_chat, ["{use: foldr, to: ../share}", "{use: chat, wrods: one}"]) == 2
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "there is no publisher 'foldr'" in told
    assert "nearest: folder" in told
    assert "unknown key 'publish.1.wrods' where: params/tiny.yaml:14 nearest: words" in told
    assert not with_chat.out.exists() or with_chat.runs() == []
