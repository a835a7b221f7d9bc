from __future__ import annotations

import hashlib
import json
from datetime import date

from cpm_core.runs.record import plain, read_record, unbroken, write_record


def test_a_record_names_each_file_with_its_hash(tmp_path):
    (tmp_path / "a.html").write_bytes(b"hello")
    write_record(tmp_path, {"run": "r", "value": float("nan"), "day": date(2024, 3, 31)})
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256(b"hello").hexdigest()
    assert record["files"] == {"a.html": {"bytes": 5, "sha256": digest}}
    assert (record["run"], record["value"], record["day"]) == ("r", None, "2024-03-31")
    assert read_record(tmp_path) == record
    assert unbroken(tmp_path, record)


def test_what_is_no_record_is_none(tmp_path):
    assert read_record(tmp_path) is None
    for text in ("{", "[]", ""):
        (tmp_path / "run.json").write_text(text, encoding="utf-8")
        assert read_record(tmp_path) is None
    assert not unbroken(tmp_path, {})
    assert not unbroken(tmp_path, {"files": {}})


def test_values_become_what_json_can_hold():
    assert plain({1: (1, 2.5, None, True), "x": {"y"}}) == {"1": [1, 2.5, None, True], "x": ["y"]}
