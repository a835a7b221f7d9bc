from __future__ import annotations

import io

import pytest
from rich.console import Console

from cpm_core.model.errors import DataError, LockedError, ParamsError, Problem
from cpm_core.runs.console import DEBUG, Steps, panel, tell


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=70)


def shown(console):
    return console.file.getvalue()


def test_without_a_terminal_each_step_is_a_line_of_its_own_and_is_said_once(console, capsys):
    with Steps(console).shown() as steps:
        steps.step("shop", "reading the data")
        steps.step("shop", "reading the data")
        steps.step("shop", "measuring " + "revenue, " * 20)
        steps.finished("shop")
        steps.line("published reports/shop")
    assert shown(console).splitlines() == ["shop: reading the data", "shop: measuring " + "revenue, " * 20]
    assert capsys.readouterr().out == "published reports/shop\n"


def test_on_a_terminal_one_line_moves_and_is_gone_in_the_end(capsys):
    console = Console(file=io.StringIO(), width=70, force_terminal=True)
    with Steps(console).shown() as steps:
        steps.step("shop", "measuring")
        steps.step("club", "reading")
        steps.line("published reports/shop")
    assert "\x1b[2K" in shown(console)
    assert "\x1b[?25h" in shown(console), "the cursor is back"
    assert capsys.readouterr().out == "published reports/shop\n"


@pytest.mark.parametrize(
    ("error", "code", "title"),
    [
        (DataError("x"), 1, "Failed"),
        (ParamsError("x"), 2, "Wrong usage or params"),
        (LockedError("x"), 4, "Another run holds the lock"),
        (ZeroDivisionError("x"), 1, "internal error: ZeroDivisionError"),
    ],
)
def test_an_error_is_a_panel_and_an_exit_code(console, error, code, title):
    assert tell(error, console) == code
    assert title in shown(console)


def test_a_traceback_is_shown_only_where_it_is_asked_for(console, capsys):
    try:
        raise DataError("no rows")
    except DataError as error:
        tell(error, console)
        assert "Traceback" not in capsys.readouterr().err
        token = DEBUG.set(True)
        tell(error, console)
        DEBUG.reset(token)
        assert "Traceback" in capsys.readouterr().err


def test_words_of_a_problem_are_never_read_as_markup(console):
    panel([Problem("a [red]b[/]", "[x]", ("[y]",), "[z]")], 3, console, "Published [so]")
    for words in ("a [red]b[/]", "where: [x]", "nearest: [y]", "fix: [z]", "Published [so]"):
        assert words in shown(console)


def test_of_several_reports_a_terminal_tells_how_many_have_ended(monkeypatch):
    said = []
    monkeypatch.setattr("cpm_core.runs.console.Status.update", lambda _, words: said.append(words.plain))
    with Steps(Console(file=io.StringIO(), force_terminal=True), 200).shown() as steps:
        steps.step("north", "measuring")
        steps.finished("north", failed=True)
        steps.step("south", "measuring")
        steps.finished("south")
        steps.step("west", "measuring")
    assert said == [
        "0 of 200 · north: measuring",
        "1 of 200, 1 failed · south: measuring",
        "2 of 200, 1 failed · west: measuring",
    ]
