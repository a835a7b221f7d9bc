"""What the fork server imports can be imported."""

from __future__ import annotations

from importlib.util import find_spec

from cpm_core.runs.warm.imports import BUILTIN, LIBRARIES, REPORT


def test_each_name_is_that_of_a_module():
    # One that is misspelt would be passed over, and be imported by each kernel.
    assert [name for name in (*REPORT, *LIBRARIES, BUILTIN) if find_spec(name) is None] == []
