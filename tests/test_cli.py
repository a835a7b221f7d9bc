from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from cpm_core import __version__, cli
from cpm_core.builtin.sources.demo import truths
from cpm_core.model.errors import DataError, LockedError, ParamsError, Problem
from cpm_core.runs.expand import Wanted

ROOT = Path(__file__).parents[1]
HEAVY = ("pandas", "ibis", "duckdb", "papermill", "altair", "nbconvert", "numpy", "pyarrow", "scipy", "sqlglot")


def stand_in(monkeypatch, name, **functions):
    """A lower room's module, so that what `cpm` hands to it can be seen."""
    module = types.ModuleType(name)
    for key, value in functions.items():
        setattr(module, key, value)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def batch(monkeypatch):
    """Records the calls of `run_reports`."""
    calls = []

    def run_reports(*given):
        calls.append(given)
        return 3

    stand_in(monkeypatch, "cpm_core.runs.batch", run_reports=run_reports)
    return calls


def failing(monkeypatch, error):
    def run_reports(*_):
        raise error

    stand_in(monkeypatch, "cpm_core.runs.batch", run_reports=run_reports)


def test_run_hands_on_paths_overrides_and_options_and_ends_with_the_room_s_exit_code(batch):
    line = ["run", "a", "b.yaml", "-p", "as_of", "2011-10-31", "-r", "workbook", "007", "-y", "history: 3"]
    assert cli.main([*line, "--as-of", "2011-09-30", "--out", "there", "--jobs", "2", "--force"]) == 3
    ((paths, overrides, out, jobs, force, wanted, memory),) = batch
    assert paths == ["a", "b.yaml"]
    assert (out, jobs, force, wanted, memory) == (Path("there"), 2, True, Wanted(), None)
    # papermill's order: -y before -p before -r, then --as-of.
    assert [(one.key, one.value) for one in overrides] == [
        ("history", "3"),
        ("as_of", "2011-10-31"),
        ("workbook", "007"),
        ("as_of", "2011-09-30"),
    ]


def test_papermill_s_letters_take_what_looks_like_options_and_repeat(batch):
    assert cli.main(["run", "a", "-p", "kpis.0", "-p", "-p", "x", "a b=c"]) == 3
    assert [(one.key, one.value) for one in batch[0][1]] == [("kpis.0", "-p"), ("x", "a b=c")]


def test_out_is_reports_and_jobs_are_the_cores(batch, monkeypatch):
    monkeypatch.setattr("cpm_core.runs.memory.cores", lambda: 7)
    cli.main(["run", "a"])
    assert batch[0][2:5] == (Path("reports"), 7, False)


def test_run_hands_on_which_reports_of_each_file_are_wanted(batch):
    line = ["run", "a", "--grid", "region=North,South", "--grid", "locale=en,zh", "--grid-from", "tenants.csv"]
    assert cli.main([*line, "--backfill", "2011-01..2011-11", "--failed-only", "--memory", "4GB"]) == 3
    wanted = Wanted(("region=North,South", "locale=en,zh"), Path("tenants.csv"), "2011-01..2011-11", failed_only=True)
    assert batch[0][5:] == (wanted, 4_000_000_000)


def test_a_backfill_is_sent_where_that_is_said(batch, capsys):
    cli.main(["run", "a", "--backfill", "2011-01", "--send"])
    assert batch[0][5] == Wanted(backfill="2011-01", send=True)
    assert [Wanted(backfill="2011-01").quiet, batch[0][5].quiet, Wanted().quiet] == [True, False, False]
    assert cli.main(["run", "a", "--send"]) == 2
    assert "--send goes with --backfill" in capsys.readouterr().err


def test_an_amount_of_memory_that_is_none_is_wrong_usage(batch, capsys):
    assert cli.main(["run", "a", "--memory", "much"]) == 2
    assert "'much' is no amount of memory" in capsys.readouterr().err
    assert batch == []


def test_a_file_given_with_f_is_read_from_the_working_folder(batch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("more.yaml").write_text("locale: zh\n", encoding="utf-8")
    cli.main(["run", "a", "-f", "more.yaml"])
    assert [(one.key, one.value, one.origin) for one in batch[0][1]] == [("locale", "zh", "-f more.yaml:1")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["runs", "lst"], "Did you mean 'list'?"),
        (["run", "x", "--frce"], "--force"),
        (["run"], "PARAMS"),
        (["new", "a"], "FILES"),
        (["run", "x", "-p", "a"], "-p takes a name and a value"),
        (["run", "x", "-p"], "-p takes a name and a value"),
        (["run", "x", "-pa"], "-p takes a name and a value"),
        (["run", "x", "--jobs", "none"], "--jobs"),
        (["run", "x", "--jobs", "0"], "--jobs"),
        (["run", "x", "-y", "a: ["], "does not parse"),
        (["run", "x", "-b", "%%"], "base64"),
        (["run", "x", "-f", "missing.yaml"], "cannot be read"),
        (["lab", "missing"], "there is no folder missing"),
        (["demo", "--customers", "199"], "greater than or equal to 200"),
    ],
)
def test_wrong_usage_is_one_panel_on_standard_error_and_exit_code_2(line, words, capsys, batch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(line) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("╭") == 1
    assert "Wrong usage or params" in err
    assert "Traceback" not in err
    assert batch == []


def test_a_panel_tells_what_where_nearest_and_fix_of_every_problem(monkeypatch, capsys):
    problems = [
        Problem("unknown key 'histroy'", "params/x.yaml:4", ("history",), "Write the right name."),
        Problem("as_of: 'tomorrow' is no date", "-p as_of", fix="Write it as 2011-11-30."),
    ]
    failing(monkeypatch, ParamsError(problems))
    assert cli.main(["run", "x"]) == 2
    lines = [line.strip("│ ") for line in capsys.readouterr().err.splitlines()]
    assert lines[1:-1] == [
        "unknown key 'histroy'",
        "where: params/x.yaml:4",
        "nearest: history",
        "fix: Write the right name.",
        "as_of: 'tomorrow' is no date",
        "where: -p as_of",
        "fix: Write it as 2011-11-30.",
    ]


def test_brackets_in_a_message_are_shown_as_they_are(monkeypatch, capsys):
    failing(monkeypatch, DataError("column [bold]amount[/] is missing", fix="Write [a, b]."))
    assert cli.main(["run", "x"]) == 1
    err = capsys.readouterr().err
    assert "column [bold]amount[/] is missing" in err
    assert "Write [a, b]." in err
    assert "Failed" in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError("x"), 1),
        (ParamsError("x"), 2),
        (LockedError("x"), 4),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), 1),
        (SystemExit(143), 143),
    ],
)
def test_the_error_decides_the_exit_code(monkeypatch, error, code):
    failing(monkeypatch, error)
    assert cli.main(["run", "x"]) == code


def test_an_error_that_nobody_expected_is_told_in_short_and_debug_shows_where(monkeypatch, capsys):
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    assert cli.main(["run", "x"]) == 1
    err = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: division by zero" in err
    assert "--debug" in err
    assert "Traceback" not in err
    for line in (["--debug", "run", "x"], ["run", "x", "--debug"]):
        assert cli.main(line) == 1
        assert "Traceback" in capsys.readouterr().err


def test_debug_shows_the_traceback_of_a_told_error_too(monkeypatch, capsys):
    failing(monkeypatch, DataError("nothing there"))
    assert cli.main(["run", "x", "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "╭" in err


def test_being_terminated_closes_what_is_open_and_ends_with_143(monkeypatch):
    closed = []

    def run_reports(*_):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            closed.append(True)

    stand_in(monkeypatch, "cpm_core.runs.batch", run_reports=run_reports)
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main(["run", "x"]) == 143
    assert closed == [True]
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_commands_hand_on_what_they_are_given(monkeypatch):
    calls = []

    def recorder(name):
        def record(*given):
            calls.append((name, given))
            return 0

        return record

    stand_in(monkeypatch, "cpm_core.checks.check", check_params=recorder("check"))
    stand_in(monkeypatch, "cpm_core.checks.propose", new_params=recorder("new"))
    stand_in(monkeypatch, "cpm_core.checks.listing", list_kpis=recorder("list_kpis"))
    names = ("list_plugins", "show_plugin")
    stand_in(monkeypatch, "cpm_core.checks.plugins.listing", **{name: recorder(name) for name in names})
    stand_in(monkeypatch, "cpm_core.checks.plugins.command", check_plugins=recorder("check_plugins"))
    stand_in(monkeypatch, "cpm_core.checks.scaffold.write", print_new=recorder("print_new"))
    stand_in(monkeypatch, "cpm_core.runs.listing", list_runs=recorder("runs"))
    lines = [
        "check a b",
        "new shop sales.csv people.xlsx",
        "kpis --json",
        "kpis --params demo",
        "plugins list",
        "plugins info loyalty --json",
        "plugins new kpi repeat_buyers",
        "plugins new tier ours --folder there",
        "plugins check a.py b --json",
        "runs list --out there",
        "runs list --json",
    ]
    assert [cli.main(line.split()) for line in lines] == [0] * len(lines)
    assert calls == [
        ("check", (["a", "b"], ())),
        ("new", ("shop", ["sales.csv", "people.xlsx"], Path("params"))),
        ("list_kpis", (None, True)),
        ("list_kpis", ("demo", False)),
        ("list_plugins", (None, False)),
        ("show_plugin", ("loyalty", None, True)),
        ("print_new", ("kpi", "repeat_buyers", None)),
        ("print_new", ("tier", "ours", Path("there"))),
        ("check_plugins", (["a.py", "b"], True)),
        ("runs", (Path("there"), False)),
        ("runs", (Path("reports"), True)),
    ]


def test_version_and_bare_groups_help(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"cpm {__version__}\n"
    for line, words in (
        ([], "Make reports"),
        (["plugins"], "info"),
        (["runs"], "newest first"),
        (["--help"], "Exit codes"),
    ):
        assert cli.main(line) == 0
        assert words in capsys.readouterr().out


def loaded_after(line, folder):
    """Heavy modules that a `cpm` process has loaded when it ends, and its exit code."""
    code = (
        "import sys; from cpm_core.cli import main; code = main(sys.argv[1:]);"
        f"print(','.join(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr); sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return ended.stderr.splitlines()[-1], ended.returncode, ended.stderr


def test_help_loads_nothing_heavy(tmp_path):
    for line in (["--help"], ["run", "--help"], ["plugins", "--help"], ["plugins", "new", "--help"]):
        heavy, code, _ = loaded_after(line, tmp_path)
        assert (heavy, code) == ("", 0)


def test_the_fewest_customers_are_the_demo_s_own():
    assert cli.tools.FEWEST_CUSTOMERS == truths.MIN_CUSTOMERS


def test_the_demo_is_written_by_the_builtin(tmp_path, capsys):
    there = tmp_path / "company"
    assert cli.main(["demo", "--customers", "200", "--seed", "3", "--out", str(there)]) == 0
    assert "200 customers of seed 3" in capsys.readouterr().out
    assert (there / "orders").is_dir()


def test_lab_hands_its_further_words_to_jupyterlab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    calls = []
    monkeypatch.setattr(subprocess, "call", lambda words: calls.append(words) or 0)
    assert cli.main(["lab", "notebooks", "--no-browser", "--port=9999"]) == 0
    assert calls == [[sys.executable, "-m", "jupyterlab", "notebooks", "--no-browser", "--port=9999"]]


def test_checking_a_file_with_an_unknown_key_ends_before_anything_heavy_is_loaded(tmp_path):
    (tmp_path / "x.yaml").write_text("as_of: 2011-11-30\nsources: [{use: demo}]\nhistroy: 3\n", encoding="utf-8")
    heavy, code, said = loaded_after(["check", "x.yaml"], tmp_path)
    assert (heavy, code) == ("", 2)
    for words in ("unknown key 'histroy'", "where: x.yaml:3", "nearest: history"):
        assert words in said


def test_checking_names_and_options_that_are_wrong_loads_nothing_heavy(tmp_path):
    text = "as_of: 2011-11-30\nsources: [{use: files, tables: {orders: {paht: x.csv}}}]\nkpis: [revenu]\n"
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    heavy, code, said = loaded_after(["check", "x.yaml"], tmp_path)
    assert (heavy, code) == ("", 2)
    for words in ("there is no KPI 'revenu'", "nearest: revenue", "nearest: path"):
        assert words in said


def test_listing_kpis_and_plugins_loads_nothing_heavy(tmp_path):
    for line in (["kpis"], ["plugins", "list"], ["plugins", "info", "builtin.kpis.sales"]):
        heavy, code, _ = loaded_after(line, tmp_path)
        assert (heavy, code) == ("", 0)
