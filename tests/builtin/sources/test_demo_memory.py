"""Memory does not grow with the demo company, neither where it is written nor where it is prepared."""

import json
import os
import subprocess
import sys

import pytest

from cpm_core.builtin.sources.demo.write import write_demo

PEAK = "\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
WRITE = """
import sys
from pathlib import Path
from cpm_core.builtin.sources.demo.write import write_demo
write_demo(Path(sys.argv[1]), customers=int(sys.argv[2]))
"""
PREPARE = """
import sys
from pathlib import Path
import cpm_core as cpm
book = cpm.open(sys.argv[1], work=Path(sys.argv[2]))
assert book.prepare().tables["orders"].kept > 3_000_000
assert "failed" not in set(book.facts()["state"])
"""
PARAMS = """
workbook: large
title: {en: Large, zh: 大公司}
as_of: 2024-12-31
timezone: Europe/Berlin
currency: EUR
sources: [{use: demo, path: ../company}]
slices: [region, orders.channel]
engine: {memory_limit: 500MB}
"""


def peak_mib(script, repository, *arguments):
    """The most memory that a Python process of its own held."""
    command = [sys.executable, "-c", script + PEAK, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout.split()[-1]) / 1024


@pytest.mark.soak
def test_writing(tmp_path, repository):
    peak = {size: peak_mib(WRITE, repository, tmp_path / str(size), size) for size in (100_000, 400_000)}
    orders = {size: json.loads((tmp_path / str(size) / "demo.json").read_text())["rows"]["orders"] for size in peak}
    assert orders[400_000] > 6_000_000
    assert peak[400_000] < 1.25 * peak[100_000]
    assert peak[400_000] < 1024


@pytest.mark.soak
def test_preparing_and_measuring(tmp_path, repository):
    write_demo(tmp_path / "company", customers=200_000)
    (tmp_path / "params").mkdir()
    params = tmp_path / "params" / "large.yaml"
    params.write_text(PARAMS, encoding="utf-8")
    # The engine keeps to its limit and spills; the rest is Python, its packages, the files being read, and what is
    # worked out in this process, which grows with customers: their histories and values, and the tiers of 26 days.
    assert peak_mib(PREPARE, repository, params, tmp_path / "work") < 500 + 1000
