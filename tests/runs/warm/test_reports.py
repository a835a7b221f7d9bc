"""Reports in warm kernels, whatever becomes of the fork server; and in one that takes too much memory."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time

import psutil
import pytest

from cpm_core.cli import main
from cpm_core.runs.warm import ADDRESS
from tests.runs.fifty import CELLS, PARAMETERS, Fifty

OPEN, SCORECARD = CELLS
BEFORE = "import sys\nbefore = set(sys.modules)"
SECTIONS = [f"book.report.{name}()" for name in "headline trends tiers stages plan slices quality provenance".split()]
AFTER = (
    "import json\nfrom pathlib import Path\nPath('new.json').write_text(json.dumps(sorted(set(sys.modules) - before)))"
)
KILL = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"
GREEDY = "kept = []\nwhile True:\n    kept.append(b'x' * 20_000_000)\n    import time; time.sleep(0.01)"


COMMAND = [sys.executable, "-c", "import sys; from cpm_core.cli import main; sys.exit(main())"]
COMMAND += ["run", "params/fifty.yaml", "--force"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop whose reports have fork servers of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(ADDRESS, raising=False)
        made = Fifty(tmp_path_factory.mktemp("warm") / "shop")
        patch.chdir(made.home)
        yield made


def record(shop):
    return json.loads((shop.out / "fifty" / "latest" / "run.json").read_text(encoding="utf-8"))


def run(shop, *cells, more: str = "") -> int:
    shop.notebook("fifty", BEFORE, OPEN, *cells, parameters=PARAMETERS)
    shop.tenant("fifty", more=more)
    return main(["run", "params/fifty.yaml", "--force"])


def test_a_scorecard_s_kernel_imports_nearly_nothing_and_outlives_the_fork_server(shop):
    assert run(shop, KILL, SCORECARD, *SECTIONS, "book.sections()", AFTER) == 0
    assert record(shop)["kernel"] == "warm"
    new = json.loads((shop.home / "new.json").read_text(encoding="utf-8"))
    assert len(new) <= 10, new
    assert ADDRESS not in os.environ
    assert shop.left_over("fifty") == []


def test_a_kernel_over_its_memory_cap_is_a_clear_failure_and_the_old_report_stays(shop, capfd):
    if not shop.runs("fifty"):  # this test was asked for alone, or first
        assert run(shop, SCORECARD) == 0
        capfd.readouterr()
    before = shop.latest("fifty"), shop.runs("fifty")
    assert run(shop, GREEDY, more="limits: {memory: 700MB}\n") == 1
    told = " ".join(capfd.readouterr().err.replace("│", " ").split())
    assert "the kernel used more than 700 MB (limits.memory)" in told
    assert "plain" not in told
    assert (shop.latest("fifty"), shop.runs("fifty")) == before


@pytest.mark.soak
@pytest.mark.parametrize("number", range(12))
def test_a_fork_server_that_is_killed_at_any_moment_harms_no_report(shop, number):
    shop.notebook("fifty", OPEN, SCORECARD, parameters=PARAMETERS)
    shop.tenant("fifty")
    with subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True) as process:
        server = first_child(process.pid)
        time.sleep(random.Random(number).uniform(0, 3))
        with contextlib.suppress(psutil.Error):
            server.kill()
        _, told = process.communicate()
    assert process.returncode == 0, told
    how = record(shop)["kernel"]
    assert how == "warm" or "the kernel is a plain one" in told
    assert shop.left_over("fifty") == []


def first_child(process: int) -> psutil.Process:
    """The fork server of a runner: nothing else is started so early."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for child in psutil.Process(process).children():
            if "warm.forking" in " ".join(child.cmdline()):
                return child
        time.sleep(0.01)
    raise AssertionError("it has started no fork server")
