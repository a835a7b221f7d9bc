"""One test a workaround for a fault upstream: each fails when it is time to look whether it can go."""

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = PROJECT["project"]["dependencies"]


def release(package: str) -> tuple[int, int]:
    major, minor = version(package).split(".")[:2]
    return int(major), int(minor)


def test_sqlglot_is_held_for_ibis_12():
    """From sqlglot 30.18 on, ibis 12.0 fails on `create_table(name, DataFrame)`."""
    assert "sqlglot<30.18" in DEPENDENCIES
    assert release("sqlglot") < (30, 18)
    assert release("ibis-framework") == (12, 0), (
        "ibis has moved: try create_table(name, DataFrame) with the newest sqlglot; if it works, drop `sqlglot<30.18`"
    )


def test_duckdb_is_held_at_1_5():
    """Encrypted prepared files need an extension that PyPI has for DuckDB 1.5 only."""
    assert "duckdb>=1.5,<1.6" in DEPENDENCIES
    assert release("duckdb") == (1, 5), "DuckDB has moved: is the encryption extension on PyPI built for it?"


def test_create_table_from_a_frame_works_with_what_is_locked():
    """What the pin on sqlglot is for."""
    import ibis
    import pandas as pd

    connection = ibis.duckdb.connect()
    connection.create_table("t", pd.DataFrame({"a": [1, 2]}))
    assert connection.table("t").a.sum().execute() == 3
    connection.disconnect()


def test_ibis_has_no_zone_conversion_of_its_own():
    """`cpm_core.engine.clock` names a built-in function of the backend instead."""
    import ibis.expr.types as ir

    named = [name for name in dir(ir.TimestampValue) if "zone" in name or "tz" in name]
    assert named == [], "ibis has learnt to convert zones: see whether engine/clock.py can use it"


def test_jsonschema_still_builds_a_slow_grammar_that_nothing_here_needs():
    """What `cpm_core.model.startup` is for; with ours first, the grammar stays away and can still be had after."""
    code = "import sys; {first}import jsonschema; print('lark' in sys.modules)"
    ours = "from cpm_core.model.startup import import_jsonschema; import_jsonschema(); "
    assert said(code.format(first="")) == "True", "jsonschema has moved: is it quick to import by itself?"
    assert said(code.format(first=ours)) == "False"
    assert said(code.format(first=ours) + "; import rfc3987_syntax; print('lark' in sys.modules)") == "False\nTrue"


def said(code: str) -> str:
    """What Python prints in a process of its own."""
    folder = Path(__file__).resolve().parent.parent
    return subprocess.check_output([sys.executable, "-c", code], cwd=folder, text=True).strip()
