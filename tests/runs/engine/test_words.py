"""What a kernel's process says outside of cells."""

from __future__ import annotations

import os

import pytest

from cpm_core.model.secrets import HIDDEN, know
from cpm_core.runs.engine import words as module
from cpm_core.runs.engine.words import kernel_words

SECRET = "0penSesame-of-the-log"


@pytest.fixture
def said(tmp_path, capfd):
    def call(*pieces, echo=False):
        with kernel_words(tmp_path / "kernel.log", echo) as words:
            for piece in pieces:
                os.write(words.descriptor, piece)
            last = words.last()
        log = tmp_path / "kernel.log"
        return last, log.read_text(encoding="utf-8") if log.exists() else None, capfd.readouterr().err

    return call


def test_lines_are_kept_and_the_last_ones_are_at_hand(said):
    last, log, shown = said(b"one\ntw", b"o\nthr\xffee")
    assert last == ["one", "two", "thr\ufffdee"]
    assert log == "one\ntwo\nthr\ufffdee\n"
    assert shown == ""


def test_silence_leaves_no_file(said):
    assert said() == ([], None, "")


def test_a_secret_reaches_neither_file_nor_terminal_even_in_two_pieces(said):
    know(SECRET)
    last, log, shown = said(b"password is 0penSes", b"ame-of-the-log!\n", echo=True)
    assert last == [f"password is {HIDDEN}!"]
    assert log == shown == f"password is {HIDDEN}!\n"


def test_a_long_line_and_many_lines_are_bounded(said, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1000)
    last, log, _ = said(*[b"x" * 99 + b"\n"] * 50)
    assert len(last) == module.LAST
    assert len(log) == 1000


def test_a_process_that_holds_the_pipe_open_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with kernel_words(None, echo=False) as words:
        left = os.dup(words.descriptor)
        os.write(left, b"here\n")
        words._reader.join(0.1)
    assert list(words._last) == ["here"]
    os.close(left)
    words._reader.join(5)
    assert not words._reader.is_alive()
