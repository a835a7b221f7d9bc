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


SPARK = {"a": "string"}


def sql_of_spark(expression):
    """What ibis by itself says to Spark."""
    import ibis

    return str(ibis.to_sql(expression, dialect="pyspark"))


def test_ibis_compiles_floats_for_spark_only_once_a_session_is():
    """`SparkCompiler` says floats itself, so that `cpm check` needs neither a session nor pyspark."""
    code = "import ibis; ibis.to_sql(ibis.table({'f': 'float64'}, name='t').f + 1.5, dialect='pyspark')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "has no attribute 'treat_nan_as_null'" in done.stderr, (
        "ibis compiles floats without its Spark options: drop visit_Field and the half of visit_NonNullLiteral"
    )


def test_spark_still_reads_as_letters_what_sqlglot_writes_for_control_characters():
    r"""`SparkCompiler` trims and writes texts itself: of `\v` and `\f` Spark makes v and f, and would trim them off."""
    import ibis

    text = ibis.table(SPARK, name="t").a
    assert r"\v\f" in sql_of_spark(text.strip()), "sqlglot or ibis says control characters otherwise: drop visit_Strip"
    assert r"\v" in sql_of_spark((text == "a\vb").name("b")), "sqlglot writes them otherwise: drop spark_sql.text"


def test_ibis_still_takes_nan_for_null_on_spark_alone():
    """`SparkCompiler` asks for null only: as on the other engines, NaN is a value that is no number."""
    import ibis

    number = ibis.table(SPARK, name="t").a.cast("float64")
    assert "ISNAN" in sql_of_spark(number.isnull()), (
        "ibis asks Spark for null only: drop visit_IsNull and visit_NotNull"
    )


def test_ibis_still_takes_no_float_of_spark_for_infinite():
    """`SparkCompiler` compares with infinity in SQL; ibis compares its own words, which differ."""
    import ibis

    said = sql_of_spark(ibis.table(SPARK, name="t").a.cast("float64").isinf())
    assert "FALSE OR FALSE" in " ".join(said.split()), "ibis asks Spark for infinity: drop visit_IsInf"


def test_ibis_writes_casts_of_booleans_that_postgres_does_not_have():
    """What `cpm_core.engine.postgres_sql` mends: PostgreSQL casts boolean to int4 alone."""
    import ibis

    table = ibis.table({"sold": "boolean"}, name="t")
    whole = ibis.to_sql(table.select(n=table.sold.cast("int64")), dialect="postgres")
    assert 'CAST("t0"."sold" AS BIGINT)' in whole, "ibis casts booleans by way of int4 now: drop postgres_sql"


def test_ibis_makes_floats_of_the_decimals_of_postgres():
    """What `cpm_core.engine.postgres_backend` goes round."""
    import inspect

    from ibis.backends.postgres import Backend

    assert "coerce_float=True" in inspect.getsource(Backend.execute), "ibis keeps decimals now: drop our execute"
