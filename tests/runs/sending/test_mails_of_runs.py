"""Whole runs and a mail server: one mail each, whatever the server does."""

from __future__ import annotations

import email
import multiprocessing
import os
import subprocess
import sys
from contextlib import ExitStack, nullcontext
from email.policy import default
from types import SimpleNamespace

import pytest

from cpm_core.builtin.publishers import mail as mails
from cpm_core.builtin.publishers.mail.options import MailOptions
from cpm_core.hooks.registry import Provided
from cpm_core.params.publish import PublisherUse
from cpm_core.runs import batch
from cpm_core.runs.batch import run_reports
from cpm_core.runs.expand import Wanted
from cpm_core.runs.sending import deliver as delivering
from cpm_core.runs.sending.deliver import Delivery
from cpm_core.runs.sending.outbox import Row
from cpm_core.runs.sending.uses import Use
from tests.mailbox import free_port, mailbox
from tests.runs.projects import ORDERS
from tests.runs.sending.givens import NOW, event, publish, states

PUBLISH = """\
strict: false
publish:
  - use: mail
    on: [success, failure]
    host: 127.0.0.1
    port: {port}
    security: none
    from: reports@example.com
    to: boss@example.com
    timeout: 5
"""


def subjects(box):
    return [email.message_from_bytes(mail, policy=default)["subject"] for _, mail in box.mails]


def runs(project, **given):
    return run_reports(["tiny"], [], project.out, **given)


def test_a_week_of_mornings(project, monkeypatch, capsys):
    port = free_port()
    project.params("tiny", more=PUBLISH.format(port=port))
    # Most of these runs come to no kernel: one that waits ready for each would be half of the test.
    monkeypatch.setattr(batch, "fork_server", nullcontext)
    with ExitStack() as later:
        # Monday: the server is down at first, and is there when it is tried again.
        starts = []
        # Not that of all threads: one that waits for something else would begin it too.
        monkeypatch.setattr(delivering, "time", SimpleNamespace(sleep=lambda seconds: seconds and begin()))

        def begin():
            if not starts:
                starts.append(later.enter_context(mailbox(port=port)))

        assert runs(project) == 0
        (box,) = starts
        assert subjects(box) == ["Tiny shop · March 2024"]
        # It is tried again by the clock: nothing has changed, and nothing is sent.
        assert runs(project) == 0
        # Tuesday: the file is gone. Told once, not each time.
        project.orders("order_id\n")
        assert runs(project) == 1
        assert runs(project) == 1
        assert subjects(box)[1:] == ["Failed: Tiny shop · March 2024"]
        said = email.message_from_bytes(box.mails[-1][1], policy=default).get_body(("plain",)).get_content()
        assert "ordered_at" in said
        # Wednesday: it is as it was.
        project.orders(ORDERS)
        assert runs(project) == 0
        assert subjects(box)[2:] == ["Recovered: Tiny shop · March 2024"]
        # Thursday: the server keeps the mail, and hangs up without a word.
        box.drops = True
        capsys.readouterr()
        assert runs(project, force=True) == 3
        assert "took the mail and gave no answer" in " ".join(capsys.readouterr().err.replace("│", " ").split())
        box.drops = False
        assert runs(project) == 0
        assert subjects(box)[3:] == ["Tiny shop · March 2024"]


def test_of_a_backfill_nobody_is_told_but_who_has_asked_for_it(project, monkeypatch):
    monkeypatch.setattr(batch, "fork_server", nullcontext)
    quiet = Wanted(backfill="2024-02")
    with mailbox() as box:
        project.params("tiny", more=PUBLISH.format(port=box.port))
        assert runs(project, wanted=quiet) == 0
        assert runs(project, wanted=quiet) == 0
        project.orders("order_id\n")
        assert runs(project, wanted=quiet) == 1
        project.params("tiny", more=PUBLISH.format(port=box.port) + "targets: {no_such: {at_least: 1}}\n")
        assert runs(project, wanted=quiet) == 2
        assert box.mails == []
        assert runs(project, wanted=Wanted(backfill="2024-02", send=True)) == 2
        assert subjects(box) == ["Failed: Tiny shop · March 2024"]


def test_params_that_are_wrong_are_told_though_nothing_is_begun(project):
    with mailbox() as box:
        project.params("tiny", more=PUBLISH.format(port=box.port) + "targets: {no_such: {at_least: 1}}\n")
        other = project.params("other", more=PUBLISH.format(port=box.port))
        assert run_reports(["tiny", other], [], project.out) == 2
        assert run_reports(["tiny", other], [], project.out) == 2
    (mail,) = [email.message_from_bytes(mail, policy=default) for _, mail in box.mails]
    assert "there is no KPI 'no_such'" in mail.get_body(("plain",)).get_content()


def _delivers(report, port, *names):
    """Deliver what waits by mail to these."""
    to = [f"{name}@example.com" for name in names]
    given = {"host": "127.0.0.1", "port": port, "security": "none", "from": "a@example.com", "to": to}
    (publisher,) = mails.cpm_publishers()
    rows = tuple(Row(f"row{name}", "mail", one) for name, one in zip(names, to, strict=True))
    provided = Provided(publisher, "mail", "1", "mail.py")
    use = Use(PublisherUse(use="mail"), provided, None, MailOptions.model_validate(given), rows, "")
    return Delivery(report, SimpleNamespace(path=report / "shop.yaml"), [use], NOW).all()


def _together(report, port, ready):
    ready.wait()
    _delivers(report, port, "boss")


def test_one_recipient_is_refused_and_the_others_get_theirs(tmp_path):
    report = tmp_path / "reports" / "shop"
    publish(report)
    names = ("boss", "gone", "team")
    event(report, *(Row(f"row{name}", "mail", f"{name}@example.com") for name in names))
    with mailbox(refused={"gone@example.com": "550 no such user"}) as box:
        (told,) = _delivers(report, box.port, *names)
        assert _delivers(report, box.port, *names) == []
    assert "refuses the recipient gone@example.com (550 no such user)" in told.what
    assert [to for to, _ in box.mails] == ["boss@example.com", "team@example.com"]
    assert states(report) == ["sent", "failed", "sent"]


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked, so that they begin at once")
def test_many_processes_that_have_no_lock_and_one_mail(tmp_path):
    """The claim alone decides, as on a share without locks."""
    report = tmp_path / "reports" / "shop"
    publish(report)
    event(report, Row("rowboss", "mail", "boss@example.com"))
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(8)
    with mailbox(slow=0.1) as box:
        processes = [context.Process(target=_together, args=(report, box.port, ready)) for _ in range(8)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
    assert [process.exitcode for process in processes] == [0] * 8
    assert len(box.mails) == 1


@pytest.mark.soak
def test_two_schedulers_fifty_times(project):
    """Two start the same run at once: one publishes, the other finds it locked or unchanged; one mail."""
    with mailbox(slow=0.05) as box:
        project.params("tiny", more=PUBLISH.format(port=box.port))
        code = "import sys; from cpm_core.cli import main; sys.exit(main(sys.argv[1:]))"
        line = [sys.executable, "-c", code, "run", "tiny", "--out", str(project.out)]
        for number in range(int(os.environ.get("CPM_RACES", "50"))):
            project.orders(ORDERS + f"6,d,2024-03-31,{number + 1}.00,sale\n")
            two = [subprocess.Popen(line, stdout=subprocess.DEVNULL) for _ in range(2)]
            assert sorted(one.wait(120) for one in two) in ([0, 0], [0, 4])
            assert len(box.mails) == number + 1
