"""Runs that are killed, and runs that start at once, while readers look."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import psutil
import pytest

from cpm_core.runs.status import read_status
from cpm_core.runs.verify import verified
from tests.runs.fifty import Fifty, orders
from tests.runs.forked import ROOT, Forked

MARK = "CPM_TEST_MARK"


class Reader:
    """Polls `latest` as a reader does: resolves it once, and reads all files of that folder."""

    def __init__(self, report: Path) -> None:
        self.report = report
        self.wrong: list[str] = []
        self.seen: list[str] = []
        self.looks = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._end.wait(0.01):
            for resolve in (self._by_link, self._by_file):
                try:
                    self._look(resolve())
                except Exception as error:  # noqa: BLE001  # whatever a reader meets is what is looked for
                    self.wrong.append(f"{type(error).__name__}: {error}")

    def _by_link(self) -> Path:
        return (self.report / "latest").resolve(strict=True)

    def _by_file(self) -> Path:
        return self.report / json.loads((self.report / "latest.json").read_text(encoding="utf-8"))["folder"]

    def _look(self, folder: Path) -> None:
        self.looks += 1
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        if not self.seen or self.seen[-1] != folder.name:
            self.seen.append(folder.name)
        if record["run"] != folder.name:
            self.wrong.append(f"{folder.name} holds the record of {record['run']}")
        if {path.name for path in folder.iterdir()} != {*record["files"], "run.json"}:
            self.wrong.append(f"{folder.name} is half")
        for name, about in record["files"].items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != about["sha256"]:
                self.wrong.append(f"{folder.name}/{name} is mixed")


class Place:
    """A shop, a folder for temporary files, and a way to start `cpm` in them."""

    def __init__(self, home: Path) -> None:
        self.shop = Fifty(home / "shop")
        self.report = self.shop.out / "fifty"
        # A short path: those of local sockets may have about a hundred characters.
        self.temporary = Path(tempfile.mkdtemp(prefix="k-", dir="/tmp"))  # as said
        self.log = home / "log"
        self.mark = os.urandom(8).hex()
        self.cpm = Forked(
            self.shop.home, self.log, TMPDIR=str(self.temporary), CPM_PLUGINS_DISABLE="", **{MARK: self.mark}
        )
        self.scale = 0

    def close(self) -> None:
        self.cpm.close()
        shutil.rmtree(self.temporary, ignore_errors=True)

    def deliver(self) -> None:
        """Other data, so that the next run publishes."""
        self.scale += 1
        self.shop.orders(orders(self.scale))

    def start(self) -> int:
        return self.cpm.start("run", "fifty", "--out", str(self.shop.out))

    def timed(self) -> float:
        """Seconds that a run takes."""
        self.deliver()
        begun = time.monotonic()
        assert self.cpm.wait(self.start()) == 0, self.log.read_text()
        return time.monotonic() - begun

    def kill(self, after: float, publishing: bool) -> int:
        """Start a run and kill it; its exit code: -9, or 0 if it was quicker."""
        self.deliver()
        process = self.start()
        if publishing:
            wait_for(lambda: published(self.report, process), 60)
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        return self.cpm.wait(process)

    def race(self) -> list[int]:
        """Start two at once; their exit codes."""
        both = [self.start(), self.start()]
        return sorted(self.cpm.wait(process) for process in both)

    def left(self, of: int = 0) -> list[str]:
        """Folders of work, beside the shared ones of the helper's fork server, and processes that a run left."""
        found = [str(path) for path in self.shop.out.rglob(".work-*")]
        found += [path.name for path in self.temporary.glob("cpm-*") if path.name.split("-")[1] != str(of)]
        return found

    def kernels(self) -> list[int]:
        """Processes of this place that work in the shop: kernels, and runs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(MARK) == self.mark and process.cwd() == str(self.shop.home):
                    found.append(process.pid)
        return found


def published(report: Path, process: int) -> bool:
    status = read_status(report)
    return status is not None and (status.process, status.step) == (process, "publishing")


def wait_for(true, seconds):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.close()


def try_out(place: Place, kills: int) -> None:
    """Kill runs at moments spread over a run's time, each fourth as it publishes; behind each, two start at once."""
    rest = set(place.kernels())
    lasts = place.timed()
    chance = random.Random(20240331)
    helper = next(iter(place.temporary.glob("cpm-*"))).name.split("-")[1]
    with Reader(place.report) as reader:
        for number in range(kills):
            late = number % 4 == 3
            after = chance.uniform(0, 0.03) if late else lasts * (number + chance.random()) / kills
            assert place.kill(after, late) in (-9, 0)
            before = set(place.shop.runs("fifty"))
            codes = place.race()
            new = set(place.shop.runs("fifty")) - before
            assert codes in ([0, 0], [0, 4]), (codes, place.log.read_text()[-3000:])
            # One publishes, if the killed one had not; the other ends with 4, or finds it unchanged.
            assert len(new) <= 1
            assert read_status(place.report).state in ("published", "unchanged")
            assert place.left(int(helper)) == []
            assert revenue(place) == 1275.0 * place.scale
    assert reader.wrong == []
    assert reader.looks > kills
    assert len(reader.seen) > kills
    wait_for(lambda: set(place.kernels()) <= rest, 20)


def revenue(place: Place) -> float:
    """Of March, as readers see it."""
    import pandas as pd

    facts = pd.read_parquet(place.report / "latest" / "facts.parquet")
    return float(facts[(facts.kpi == "revenue") & (facts.period == "2024-03") & (facts.slice == "")]["value"].iloc[0])


def test_readers_see_a_whole_report_whatever_is_killed_and_of_two_that_start_at_once_one_publishes(place):
    try_out(place, 5)


PUBLISHING = """
import os, random, signal, sys, time
from pathlib import Path
from cpm_core.runs.publish import ReportFolder
from cpm_core.runs.record import write_record

def publish(name):
    folder = ReportFolder(Path(sys.argv[1]))
    with folder.working() as work:
        for number in range(3):
            (work.run / f"{number}.html").write_text(name * 1000)
        write_record(work.run, {"run": name, "key": name, "as_of": name, "finished": name})
        folder.publish(work, name)

chance = random.Random(1)
publish("first")
begun = time.monotonic()
publish("second")
lasts = time.monotonic() - begun
for round in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        for number in range(1000):
            publish(f"{round}-{number}")
    time.sleep(chance.uniform(0, 3 * lasts))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
publish("last")
"""


@pytest.mark.parametrize("kills", [20, pytest.param(2000, marks=pytest.mark.soak)])
def test_a_runner_that_is_killed_as_it_publishes(tmp_path, kills):
    """No notebook, only what publishes, so that many of the kills meet it."""
    report = tmp_path / "shop"
    with subprocess.Popen([sys.executable, "-c", PUBLISHING, str(report), str(kills)]) as run:
        wait_for((report / "latest.json").exists, 60)
        with Reader(report) as reader:
            run.wait()
    assert run.returncode == 0
    assert reader.wrong == []
    assert len(reader.seen) > kills / 10
    names = [path.name for path in (report / "runs").iterdir()]
    assert len(names) > kills / 10
    assert all(verified(report / "runs" / name).fine for name in names)
    assert sorted(path.name for path in report.iterdir()) == [".lock", "latest", "latest.json", "runs"]
    assert json.loads((report / "latest.json").read_text())["run"] == (report / "latest").resolve().name == "last"


@pytest.mark.soak
def test_the_same_of_200_kills_and_races(place):
    try_out(place, 200)


@pytest.mark.soak
def test_the_command_itself_killed_leaves_no_process_behind(place):
    """As `try_out`, but each is a `cpm` of its own with its own fork server."""
    command = [sys.executable, "-c", "import sys; from cpm_core.cli import main; sys.exit(main())", "run", "fifty"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place.temporary), MARK: place.mark}
    helper = next(iter(place.temporary.glob("cpm-*"))).name.split("-")[1]
    lasts = place.timed()
    rest = of_place(place)
    begun = time.monotonic()
    subprocess.run(command, cwd=place.shop.home, env=environment, check=True)
    lasts = time.monotonic() - begun
    chance = random.Random(7)
    with Reader(place.report) as reader:
        for number in range(20):
            place.deliver()
            with subprocess.Popen(command, cwd=place.shop.home, env=environment) as run:
                time.sleep(lasts * (number + chance.random()) / 20)
                run.kill()
            wait_for(lambda: of_place(place) <= rest, 30)
            subprocess.run(command, cwd=place.shop.home, env=environment, check=True)
            assert place.left(int(helper)) == []
    assert reader.wrong == []


def of_place(place: Place) -> set[int]:
    """All processes of a place, fork servers too."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == place.mark:
                found.add(process.pid)
    return found
