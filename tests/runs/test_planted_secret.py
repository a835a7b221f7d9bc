"""A planted secret is in no byte of what any run leaves, says or sends, failed or not."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from email.message import EmailMessage
from html import escape, unescape
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from cpm_core.model.secrets import HIDDEN
from cpm_core.params.overrides import from_command_line
from cpm_core.runs.batch import run_reports
from cpm_core.runs.status import read_status
from tests.chatroom import Chatroom
from tests.mailbox import Mailbox
from tests.runs.forked import ROOT
from tests.runs.planted import BENEATH, OPEN, PIECES, RAISES, REFERENCE, SCORECARD, SHOWN, VARIABLE, WAITS, WHOLE, Leaky
from tests.runs.posted import KEYS, Posted, attached, posting, words_of


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """A report that fails and then stands, one whose source fails, one whose cell fails, and one that was killed.

    Each is sent by mail and to chats of all forms.
    """
    with pytest.MonkeyPatch.context() as patch, posting() as posted:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        patch.delenv("CPM_STRICT")
        made = Leaky(tmp_path_factory.mktemp("leaky") / "shop", posted=posted)
        killed = made.report("killed", OPEN, SHOWN, WAITS)
        made.killed_while_it_waits(made.report("whole", *WHOLE, breaks=True), killed)
        source, cell = (
            made.report("source", OPEN, breaks=True),
            made.report("cell", OPEN, SHOWN, BENEATH, PIECES, RAISES),
        )
        made.code = made.run(made.report("whole", *WHOLE), source, cell, "--jobs", "1").wait(300)
        return made


def test_each_run_ends_as_it_should(leaky):
    assert leaky.code == 3, leaky.told()
    states = {name: read_status(leaky.out / name).state for name in ("whole", "source", "cell", "killed")}
    assert states == {"whole": "published", "source": "failed", "cell": "failed", "killed": "died"}
    assert any("reports/killed/.work-" in name for name in leaky.left())
    for name in ("source", "cell", "killed"):
        assert not (leaky.out / name / "latest").exists()


def test_no_byte_holds_it(leaky):
    assert leaky.leaks() == []


def test_no_byte_that_is_sent_holds_it(leaky):
    assert leaky.leaks_sent() == []
    # Nor the keys of the servers by which it is sent.
    assert len(leaky.secrets) == 1 + len(KEYS)


def test_mails_say_what_there_is_to_say_without_it(leaky):
    mails = leaky.posted.mails()
    assert [mail["subject"] for mail in mails] == [
        "Failed: Leaky shop · March 2024",
        "Leaky shop · March 2024",
        "Recovered: Leaky shop · March 2024",
        "Failed: Leaky shop · March 2024",
        "Failed: Leaky shop · March 2024",
    ]
    texts, pages = ([mail.get_body((kind,)).get_content() for mail in mails] for kind in ("plain", "html"))
    for told in (texts, pages):
        assert f"could not connect to postgresql://ada:{HIDDEN}@db.example/shop as '{HIDDEN}'" in unescape(told[0])
        assert f"no orders with {HIDDEN}" in told[1]
        assert f"{HIDDEN} was refused for cell" in told[4]
    assert any(HIDDEN.encode() in data for data in attached(mails[1]).values())


def test_chats_are_told_without_it(leaky):
    for name, room in leaky.posted.rooms.items():
        told = [words_of(message) for _, message in room.got]
        # One that refuses a failure is not told that it is over.
        assert len(told) == (4 if name == "angry" else 5), name
        assert f"postgresql://ada:{HIDDEN}@db.example/shop" in told[0]
        assert f"no orders with {HIDDEN}" in told[1]
        assert f"{HIDDEN} was refused for cell" in told[-1]


def test_what_servers_answer_is_told_without_it(leaky):
    told = " ".join(leaky.told().replace("│", " ").split())
    assert f"refuses the recipient gone@example.com (550 nobody of {HIDDEN} here)" in told
    assert f"the chat refuses the message (93000: there is no robot {HIDDEN})" in told


def test_the_search_finds_what_is_there(tmp_path):
    made = Leaky(tmp_path / "shop")
    frame = pd.DataFrame({"a": [f"x {made.value} y"] * 9})
    frame.to_parquet(made.home / "a.parquet", compression="gzip")
    with zipfile.ZipFile(made.home / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.xml", made.value * 9)
    (made.home / "d.json").write_text(json.dumps({"a": made.value}), encoding="utf-8")
    assert {one.partition(":")[0] for one in made.leaks()} == {"a.parquet", "b.xlsx", "d.json"}


def test_the_search_finds_what_is_sent(tmp_path):
    box, room = Mailbox(), Chatroom()
    made = Leaky(tmp_path / "shop", posted=Posted(box, {"slack": room, "wecom": Chatroom()}))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("c.xml", f"<t>{KEYS['FEISHU_HOOK']}</t>" * 9)
    mail = EmailMessage()
    mail["Subject"] = f"中 {made.value}"
    mail.set_content(f"中 {KEYS['MAIL_PASSWORD']}", cte="base64")
    mail.add_alternative(f"<p>{escape(KEYS['FEISHU_SECRET'])}</p>", subtype="html", cte="base64")
    mail.add_attachment(archive.getvalue(), "application", "zip", filename="a.zip")
    box.mails.append(("boss", mail.as_bytes()))
    told = json.dumps({"text": f"{KEYS['SLACK_PATH']} {KEYS['DINGTALK_SECRET']}"}).encode()
    room.came.append((f"/{KEYS['SLACK_PATH']}?a={KEYS['WECOM_KEY']}", told))
    found = {re.match(r".*?: \w+", one)[0] for one in made.leaks_sent()}
    assert {one for one in found if ", raw" not in one} == {
        f"mail 0, heads: {VARIABLE}",
        "mail 0, text/plain: MAIL_PASSWORD",
        "mail 0, text/html: FEISHU_SECRET",
        "mail 0, application/zip: FEISHU_HOOK",
        "slack 0: SLACK_PATH",
        "slack 0: DINGTALK_SECRET",
        "path of slack: WECOM_KEY",
    }


def test_it_is_hidden_where_it_would_stand(leaky):
    """That nothing is found is worth something only if it was on its way there."""
    run = leaky.out / "whole" / "runs" / leaky.latest("whole")
    notebook = (run / "report.ipynb").read_text(encoding="utf-8")
    for words in ("printed", "written", "logged", "Chart of"):
        assert f"{words} {HIDDEN}" in notebook, words
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"printed {HIDDEN}" in page
    rejects = pd.read_parquet(run / "rejects.parquet")
    assert HIDDEN in rejects["value"].tolist()
    facts = pd.read_parquet(run / "facts.parquet")
    assert f"by {HIDDEN}" in facts["member"].tolist()
    assert any(HIDDEN in reason for reason in facts.loc[facts["kpi"] == "leaking", "reason"])
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["notebook_parameters"]["token"] == REFERENCE
    assert any(HIDDEN in words for words in record["degraded"])
    told = leaky.told()
    assert f"fetching with {HIDDEN}" in told
    assert f"asking postgresql://ada:{HIDDEN}@db.example/shop with {HIDDEN}" in told


def test_why_runs_failed_is_told_without_it(leaky):
    told = leaky.told()
    assert "could not connect to" in told
    assert "was refused for cell" in told
    (kept,) = (leaky.out / "cell" / "failed").iterdir()
    log = (kept / "kernel.log").read_text(encoding="utf-8")
    assert f"past Python {HIDDEN}" in log
    assert f"a child {HIDDEN}" in log
    partial = (kept / "report.ipynb").read_text(encoding="utf-8")
    assert f"{HIDDEN} was refused for cell" in partial
    assert HIDDEN in (kept / "error.txt").read_text(encoding="utf-8")
    for name in ("source", "cell"):
        assert HIDDEN in "".join(read_status(leaky.out / name).problems)


def test_a_secret_that_is_not_there_or_is_written_out_ends_it_before_anything_is_read(tmp_path, monkeypatch):
    made = Leaky(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    monkeypatch.delenv(VARIABLE, raising=False)
    told = io.StringIO()
    path = made.report("whole", *WHOLE)
    assert run_reports([path], [], made.out, console=Console(file=told, width=400)) == 2
    said = from_command_line(parameters=[("sources.0.token", "hunter2-horse")])
    assert run_reports([path], said, made.out, console=Console(file=told, width=400)) == 2
    words = told.getvalue()
    assert words.count(f"the environment variable {VARIABLE} of {REFERENCE} is not set") == 4
    assert "params/whole.yaml:9" in words
    assert "sources.0.token: a secret is written out there" in words
    assert "hunter2-horse" not in words
    assert not made.out.exists()


@pytest.mark.soak
def test_a_report_with_a_kpi_whose_title_tells_it_is_not_published_and_the_files_are_named(tmp_path, monkeypatch):
    monkeypatch.delenv("CPM_STRICT", raising=False)
    with posting() as posted:
        made = Leaky(tmp_path / "shop", posted=posted)
        assert made.run(made.report("titled", OPEN, SCORECARD, kpis=", titled")).wait(300) == 1
    (mail,) = posted.mails()
    told = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    for words in (*told, *(words_of(room.got[0][1]) for room in posted.rooms.values())):
        for name in ("facts.parquet", "workbook.xlsx"):
            assert f"{name} holds a secret, and nothing is published" in words
    assert not (made.out / "titled" / "latest").exists()
    assert made.leaks() == made.leaks_sent() == []


@pytest.mark.soak
@pytest.mark.parametrize(
    "value",
    ["hunter2-correct-horse", "sk_1234567890abcdefghijklmnop", "密码是很长的秘密词语", "a'b\"c<d>&e%f\\g", "x" * 200],
    ids=["plain", "token", "chinese", "signs", "long"],
)
@pytest.mark.parametrize("way", ["cpm", "batch", "papermill", "engine"])
def test_whatever_the_value_and_the_way(value, way, tmp_path, monkeypatch):
    monkeypatch.delenv("CPM_STRICT", raising=False)
    with posting() as posted:
        made = Leaky(tmp_path / "shop", value, posted)
        _made(made, way)
    assert "was refused for cell" in made.told()
    assert made.leaks() == made.leaks_sent() == []
    notebooks = [path for path in Path(made.home).rglob("*.ipynb") if path.parent.name != "notebooks"]
    assert notebooks
    sends = way in ("cpm", "batch")
    assert sorted(mail["subject"] for mail in posted.mails()) == (
        ["Failed: Leaky shop · March 2024", "Leaky shop · March 2024"] if sends else []
    )
    assert {len(room.got) for room in posted.rooms.values()} == {2 if sends else 0}


def _made(made, way):
    """Make one report that stands and one that fails."""
    # What is printed past Python only our own engine hears; what comes in pieces papermill's log tells in pieces.
    beneath = {"papermill": (), "engine": (BENEATH,)}.get(way, (BENEATH, PIECES))
    whole, cell = made.report("whole", *WHOLE), made.report("cell", OPEN, SHOWN, *beneath, RAISES)
    if way == "cpm":
        processes = [made.run(whole), made.run(cell)]
    elif way == "batch":
        processes = [made.run(whole, cell, "--jobs", "2")]
    else:
        engine = ["--engine", "cpm"] if way == "engine" else []
        processes = [
            made.started(
                "papermill", f"notebooks/{name}.ipynb", f"{name}.out.ipynb", *engine,
                "-p", "params", f"params/{name}.yaml", "-p", "token", REFERENCE, "--log-output", "--cwd", ".",
            )
            for name in ("whole", "cell")
        ]  # fmt: skip
    for process in processes:
        process.wait(300)
