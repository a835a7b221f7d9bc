from __future__ import annotations

import os
import signal
import sys
import time
import weakref

import pytest

from cpm_core.model.leaving import leave

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process that is sent SIGTERM")


@pytest.fixture(autouse=True)
def handled():
    """SIGTERM leaves, as in `cpm`; what was there comes back."""
    before = signal.signal(signal.SIGTERM, leave)
    yield
    signal.signal(signal.SIGTERM, before)


def stopped(done):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)
    done.append("to its end")


class Thing:
    pass


class Deleted:
    def __init__(self, done):
        self.done = done

    def __del__(self):
        stopped(self.done)


def deleted(done):
    Deleted(done)
    time.sleep(60)


def finalized(done):
    weakref.finalize(Thing(), stopped, done)
    time.sleep(60)


def test_a_signal_leaves_at_once():
    done = []
    with pytest.raises(SystemExit) as left:
        stopped(done)
    assert left.value.code == 143
    assert done == []


def test_a_signal_that_comes_while_an_object_is_deleted_is_not_lost():
    done = []
    with pytest.raises(SystemExit) as left:
        deleted(done)
    assert left.value.code == 143
    assert done == ["to its end"]


def test_a_signal_that_comes_in_a_finalizer_is_not_lost():
    done = []
    with pytest.raises(SystemExit):
        finalized(done)
    assert done == ["to its end"]
