"""Random ends of random processes: a report never arrives twice, an alert never not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cpm_core.model.errors import DataError, NotSentError, PerhapsSentError
from cpm_core.runs.sending import deliver as delivering
from cpm_core.runs.sending.outbox import Outbox, Row
from tests.runs.sending.givens import Killed, Post, another_process, deliver, event, killed_at, publish, use

ROWS = (Row("rowboss", "post", "boss"), Row("rowteam", "post", "team"))
ACTS = ("fine", "away", "wrong", "refused", "drops", "drops after", "killed before", "killed after")


class Mornings(RuleBasedStateMachine):
    """Runs that publish or fail, on a machine that kills processes, with a server that does what it likes."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.report = self.folder / "reports" / "shop"
        self.arrived = Counter()
        self.processes = self.days = 0

    @rule(kind=st.sampled_from(["report", "failure"]))
    def there_is_news(self, kind):
        self.days += 1
        name = f"2024-01-{self.days % 28 + 1:02}-{self.days:08}" if kind == "report" else f"failed-{self.days}"
        event(self.report, *ROWS, kind=kind, name=name)
        if kind == "report":
            publish(self.report, name)

    @rule(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=4), step=st.integers(0, 60))
    def a_run_delivers(self, acts, step):
        self._deliver([*acts, "fine"], step)

    def _deliver(self, acts, step=10_000):
        self.processes += 1
        post = Post([self._act(act) for act in acts])
        with another_process(self.processes), killed_at(step), patch.object(delivering, "WAITS", (0.0,)):
            try:
                deliver(self.report, use(post, "boss", "team"))
            except Killed:
                return

    def _act(self, act):
        def acted(run):
            if act in ("fine", "drops after", "killed after"):
                self.arrived[run.notice, run.recipient] += 1
            if act.startswith("killed"):
                raise Killed
            if act.startswith("drops"):
                raise PerhapsSentError("no answer")
            if act in ("away", "wrong"):
                raise NotSentError(act, heals=act == "away")
            if act == "refused":
                raise DataError(act)

        return acted

    @invariant()
    def no_report_arrives_twice(self):
        twice = [notice for (notice, _), times in self.arrived.items() if times > 1 and "/report/" in notice]
        assert not twice

    def teardown(self):
        self._deliver(["fine"])
        self._deliver(["fine"])
        for one, row, note in Outbox(self.report).rows():
            assert note.state not in ("pending", "claimed")
            if one.kind == "failure" and note.state == "sent":
                assert self.arrived[f"shop/failure/{one.id}", row.recipient] >= 1
            if note.state == "sent" and one.kind == "report":
                assert self.arrived[f"shop/report/{one.id}", row.recipient] == 1
            if one.kind == "failure":
                assert note.state in ("sent", "failed", "unknown")
        shutil.rmtree(self.folder)


# The disk is no part of what is tried: a process that is killed leaves what it has written.
os_fsync = patch.object(os, "fsync", lambda number: None)
Mornings.TestCase.settings = settings(max_examples=60, stateful_step_count=12)


class TestMornings(Mornings.TestCase):
    def runTest(self):  # noqa: N802  # unittest's word
        with os_fsync:
            super().runTest()
