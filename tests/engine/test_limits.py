"""Queries end at their limit, whichever engine runs them; what comes after runs as before."""

import pickle
import time
from functools import reduce

import ibis
import pytest

from cpm_core.engine.duck import DuckEngine
from cpm_core.engine.limits import SlowError, failure_of
from cpm_core.engine.postgres_session import open_postgres


def endless(engine):
    """The rows of a table beside each other, ten times over: more than any engine counts."""
    engine.give("few", ibis.memtable({"a": [float(i) for i in range(100)]}))
    many = [ibis.table({"a": "float64"}, name="few").select(**{f"a{i}": ibis._.a}).view() for i in range(10)]
    every = reduce(lambda all_, one: all_.cross_join(one), many)
    rows = every.filter(every.a0 + every.a9 > 0)
    return rows.aggregate(n=rows.count())


def ended(engine):
    query, begun = endless(engine), time.perf_counter()
    with (
        pytest.raises(SlowError, match="its query took longer than 1 seconds and was ended") as caught,
        engine.limited(1),
    ):
        engine.frame(query)
    assert time.perf_counter() - begun < 60
    with engine.limited(60):
        assert engine.frame(ibis.table({"a": "float64"}, name="few").aggregate(n=ibis._.count()))["n"].iloc[0] == 100
    failure = failure_of(caught.value, "plugins/a.py:3")
    assert failure.words.zh == "其查询运行超过 1 秒，已被终止"
    assert "limits.query" in failure.fix


def test_duckdb(tmp_path):
    engine = DuckEngine(tmp_path, threads=1)
    ended(engine)
    engine.close()


def test_what_fails_within_its_limit_fails_as_it_would(tmp_path):
    engine = DuckEngine(tmp_path, threads=1)
    with pytest.raises(ZeroDivisionError), engine.limited(60):
        raise ZeroDivisionError
    engine.close()


def test_an_error_of_a_limit_crosses_processes():
    error = SlowError.after(2.5)
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_postgres(postgres_url, tmp_path):
    engine = open_postgres(postgres_url, None, tmp_path, DuckEngine(tmp_path, threads=1))
    ended(engine)
    assert engine.session.execute("SHOW statement_timeout").fetchone() == ("0",)
    engine.close()


def test_a_shorter_limit_of_the_params_stays(postgres_url, tmp_path):
    engine = open_postgres(postgres_url, 0.3, tmp_path, DuckEngine(tmp_path, threads=1))
    with pytest.raises(SlowError, match=r"longer than 0.3 seconds"), engine.limited(60):
        engine.session.execute("SELECT pg_sleep(30)")
    assert engine.session.execute("SHOW statement_timeout").fetchone() == ("300ms",)
    engine.close()


@pytest.mark.soak
def test_spark(spark, tmp_path):
    from cpm_core.engine.spark import SparkEngine
    from cpm_core.engine.spark_session import open_session

    engine = SparkEngine(
        open_session(spark["url"], spark["options"], tmp_path), tmp_path, DuckEngine(tmp_path, threads=1)
    )
    ended(engine)
    engine.close()
