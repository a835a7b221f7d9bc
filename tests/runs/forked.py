"""Processes of `cpm`, forked from one that has imported all that they need: each costs no start-up.

A `Forked` talks to its helper process by lines of JSON: this module, run as a program.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from cpm_core.runs.warm import ADDRESS

MORE = (
    *"papermill nbconvert scipy.stats scipy.optimize bs4 cpm_core.runs.batch cpm_core.runs.engine".split(),
    *"cpm_core.runs.execute cpm_core.report.page cpm_core.measure.facts cpm_core.scorecard.build".split(),
    *"cpm_core.customers.playbook cpm_core.customers.valuation cpm_core.runs.sending.news".split(),
)
"""What a run imports beside what its kernel does."""

ROOT = Path(__file__).resolve().parents[2]


class Forked:
    """Starts `cpm` in a working folder.

    Args:
        home: The working folder.
        log: File that all of them write to.
        environment: Further environment variables.
    """

    def __init__(self, home: Path, log: Path, **environment: str) -> None:
        paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._helper = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.forked", str(log)],
            cwd=home,
            # With a fork server of its own: the one that all tests share is not to be found among what is left.
            env={name: value for name, value in os.environ.items() if name != ADDRESS}
            | {"PYTHONPATH": paths, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said()

    def start(self, *words: str) -> int:
        """Start `cpm` with these words; its process number."""
        return self._ask("start", list(words))

    def wait(self, process: int) -> int:
        """Wait for a process; its exit code, negative for a signal."""
        return self._ask("wait", process)

    def run(self, *words: str) -> int:
        """Start and wait."""
        return self.wait(self.start(*words))

    def close(self) -> None:
        """End the helper."""
        self._helper.communicate()

    def _ask(self, what: str, of: object) -> int:
        self._helper.stdin.write(json.dumps([what, of]) + "\n")
        self._helper.stdin.flush()
        return int(self._said())

    def _said(self) -> str:
        line = self._helper.stdout.readline()
        assert line, "the helper is gone"
        return line


def _child(words: list[str], log: int) -> None:
    from cpm_core.cli import main

    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        code = main(words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _serve(log: int) -> None:
    _tell("ready")
    for line in sys.stdin:
        what, of = json.loads(line)
        if what == "start":
            process = os.fork()
            if process == 0:
                _child(of, log)
            _tell(process)
        else:
            _tell(os.waitstatus_to_exitcode(os.waitpid(of, 0)[1]))


if __name__ == "__main__":
    # What a run imports: pages, engines and notebooks.
    from cpm_core.runs.warm.imports import import_all

    import_all()
    for name in MORE:
        importlib.import_module(name)
    from cpm_core.runs.warm.server import fork_server

    # One for all of them: a run of the command starts its own.
    with fork_server():
        _serve(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND))
