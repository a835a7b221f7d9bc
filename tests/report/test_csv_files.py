"""CSV files, read back by the standard library."""

from __future__ import annotations

import csv
from datetime import datetime

import pandas as pd

from cpm_core.report.csv_files import write_csv


def test_what_is_written_is_read_back(tmp_path):
    frame = pd.DataFrame(
        {
            "member": ["上海", 'a "quoted", one', None],
            "day": [datetime(2024, 2, 29), datetime(2024, 3, 1), None],
            "value": [1234.5, -0.1, float("nan")],
            "complete": [True, False, True],
        }
    )
    write_csv(frame, tmp_path / "facts.csv")
    assert (tmp_path / "facts.csv").read_bytes()[:3] == b"\xef\xbb\xbf", "Excel's mark of UTF-8"
    with (tmp_path / "facts.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["member", "day", "value", "complete"],
            ["上海", "2024-02-29", "1234.5", "True"],
            ['a "quoted", one', "2024-03-01", "-0.1", "False"],
            ["", "", "", "True"],
        ]


def test_no_text_is_a_formula_and_no_number_is_changed(tmp_path):
    frame = pd.DataFrame({"member": ["=1+1", "@cmd", "-5 %", "north-west"], "value": [-1.0, 2.0, 3.0, 4.0]})
    write_csv(frame, tmp_path / "facts.csv")
    lines = (tmp_path / "facts.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[1:] == ["'=1+1,-1.0", "'@cmd,2.0", "'-5 %,3.0", "north-west,4.0"]
    assert frame["member"][0] == "=1+1", "the frame is its owner's"
