"""The plugin for pytest is light, and makes a run strict."""

import os
import subprocess
import sys
from types import SimpleNamespace

from cpm_core.testing import plugin

LOADED = """
import sys
import pytest
before = set(sys.modules)
import cpm_core.testing.plugin
print(*sorted(name for name in set(sys.modules) - before))
"""


def test_it_imports_nothing_that_takes_time():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cpm_core", "cpm_core.testing", "cpm_core.testing.plugin"]


def test_a_run_is_strict_unless_the_environment_says_otherwise():
    said = os.environ.pop(plugin.STRICT, None)
    try:
        cleanups, lines = [], []
        config = SimpleNamespace(add_cleanup=cleanups.append, addinivalue_line=lambda *line: lines.append(line))
        plugin.pytest_configure(config)
        assert os.environ[plugin.STRICT] == "1"
        (cleanup,) = cleanups
        cleanup()
        assert plugin.STRICT not in os.environ
        os.environ[plugin.STRICT] = "0"
        plugin.pytest_configure(config)
        assert os.environ[plugin.STRICT] == "0"
        assert {name for name, _ in lines} == {"filterwarnings"}
    finally:
        os.environ.pop(plugin.STRICT, None)
        if said is not None:
            os.environ[plugin.STRICT] = said
