"""Streams, logs and tracebacks of a process let no secret out, and in a kernel no message does."""

import io
import logging
import subprocess
import sys

from jupyter_client.session import Session

from cpm_core.model.secrets import HIDDEN, know, outlets

VALUE = "hunter2-correct-horse"

PROCESS = """
import logging, os, sys, warnings
from cpm_core.model.secrets.references import resolved
value = resolved("secret://env/PLANTED")
print("printed", value)
sys.stderr.write("written " + value + "\\n")
warnings.warn("warned of " + value)
logging.warning("logged %s", value)
try:
    raise ValueError(value)
except ValueError:
    logging.exception("caught")
import threading
thread = threading.Thread(target=lambda: 1 / int("0" if value else value))
thread.start(); thread.join()
raise RuntimeError("raised " + repr(value))
"""


def test_a_process_tells_everything_but_the_secret(monkeypatch):
    monkeypatch.setenv("PLANTED", VALUE)
    done = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert VALUE not in told
    for words in ("printed", "written", "warned of", "logged", "ValueError:", "raised '"):
        assert f"{words} {HIDDEN}" in told or f"{words}{HIDDEN}" in told, words
    assert "ZeroDivisionError" in told


def test_a_log_record_has_no_secret_in_its_words_or_its_traceback(caplog, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    # Some packages give all handlers their own format, which has no traceback.
    monkeypatch.setattr(caplog.handler, "formatter", logging.Formatter())
    before = logging.getLogRecordFactory()
    try:
        outlets.guard()
        outlets.guard()
        know(VALUE)
        try:
            raise ValueError(VALUE)
        except ValueError:
            logging.getLogger("cpm").exception("it was %s", VALUE)
        assert caplog.messages == [f"it was {HIDDEN}"]
        assert VALUE not in caplog.text
        assert f"ValueError: {HIDDEN}" in caplog.text
    finally:
        logging.setLogRecordFactory(before)


def test_the_streams_stay_streams(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    before = logging.getLogRecordFactory()
    try:
        outlets.guard()
        know(VALUE)
        assert sys.stdout.write(f"a {VALUE}\n") == len(VALUE) + 3
        sys.stdout.writelines([VALUE, "\n"])
        assert not sys.stdout.isatty()
        assert stream.getvalue() == f"a {HIDDEN}\n{HIDDEN}\n"
        assert sys.stderr is None
    finally:
        logging.setLogRecordFactory(before)


def test_a_kernels_messages_are_scrubbed_when_they_are_packed():
    session = Session(key=b"")
    outlets._guard_session(session)
    outlets._guard_session(session)
    know(VALUE)
    content = {"data": {"text/plain": f"token {VALUE}"}, "traceback": [f"\x1b[31m{VALUE}\x1b[0m"]}
    parts = session.serialize(session.msg("display_data", content))
    assert VALUE.encode() not in b"".join(parts)
    *_, packed = parts
    assert session.unpack(packed) == {
        "data": {"text/plain": f"token {HIDDEN}"},
        "traceback": [f"\x1b[31m{HIDDEN}\x1b[0m"],
    }
