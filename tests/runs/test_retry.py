from __future__ import annotations

import pickle
import sqlite3
import urllib.error
from email.message import Message

import duckdb
import httpx
import psycopg
import pytest

from cpm_core.model.errors import DataError, LockedError, ParamsError, PluginError, RunError
from cpm_core.runs.execute import NotebookError
from cpm_core.runs.retry import MOST, heals, waits


def raised(outer, cause):
    """An error as a source's failure is told: with what the source raised as its cause."""
    outer.__cause__ = cause
    return outer


def http(code):
    return urllib.error.HTTPError("http://x", code, "no", Message(), None)


HEALING = {
    "refused": ConnectionRefusedError(111, "refused"),
    "timeout": TimeoutError("timed out"),
    "no route": OSError(113, "No route to host"),
    "url": urllib.error.URLError(ConnectionResetError(104, "reset")),
    "http 503": http(503),
    "http 429": http(429),
    "httpx": httpx.ConnectTimeout("slow"),
    "httpx status": httpx.HTTPStatusError(
        "bad", request=httpx.Request("GET", "http://x"), response=httpx.Response(502)
    ),
    "deadlock": psycopg.errors.DeadlockDetected("deadlock"),
    "starting": psycopg.errors.CannotConnectNow("starting up"),
    "lost": psycopg.OperationalError("server closed the connection"),
    "sqlite": sqlite3.OperationalError("database is locked"),
    "duckdb": duckdb.IOException('IO Error: Could not set lock on file "x.duckdb"'),
}
LASTING = {
    "value": ValueError("no"),
    "assertion": AssertionError(),
    "http 404": http(404),
    "no table": psycopg.errors.UndefinedTable("no"),
    "no rights": psycopg.errors.InsufficientPrivilege("no"),
    "file": FileNotFoundError(2, "no file"),
    "full": OSError(28, "No space left on device"),
    "duckdb": duckdb.BinderException("no column"),
}


@pytest.mark.parametrize("cause", HEALING.values(), ids=HEALING)
def test_what_may_heal_is_tried_again(cause):
    assert heals(cause)
    assert heals(raised(DataError("source 'x' failed"), cause))


@pytest.mark.parametrize("cause", LASTING.values(), ids=LASTING)
def test_what_will_be_the_same_again_is_not(cause):
    assert not heals(cause)
    assert not heals(raised(DataError("source 'x' failed"), cause))


@pytest.mark.parametrize("kind", [ParamsError, LockedError, PluginError, RunError, NotebookError])
def test_only_of_data_the_cause_is_asked(kind):
    assert not heals(raised(kind("no"), ConnectionResetError()))


def test_an_error_may_say_itself_that_it_heals_also_in_another_process():
    error = RunError("the kernel did not start", heals=True)
    assert heals(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (heals(copy), copy.problems) == (True, error.problems)
    assert not heals(pickle.loads(pickle.dumps(RunError("no"))))


def test_waits_grow_up_to_a_limit_and_half_of_each_is_chance():
    found = [list(waits(9, 10)) for _ in range(20)]
    longest = [10, 20, 40, 80, 160, 300, 300, 300]
    assert MOST == 300
    for one in found:
        assert len(one) == 8
        assert all(most / 2 <= wait <= most for wait, most in zip(one, longest, strict=True))
    assert len({one[0] for one in found}) > 1
    assert list(waits(1, 10)) == []
