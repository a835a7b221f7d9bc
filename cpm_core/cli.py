"""The `cpm` command: thin; every command body imports what it needs when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from typer.exceptions import TyperException

from cpm_core import __version__
from cpm_core.model.errors import Problem, UsageError
from cpm_core.runs.console import DEBUG, panel, tell

if TYPE_CHECKING:
    from cpm_core.params.overrides import Override

PAIR = "\x1f"
"""Joins the two words of `-p NAME VALUE` on their way through the parser, which takes one a time."""
PAIR_LETTERS = ("-p", "--parameters", "-r", "--parameters_raw")
MOST_JOBS = 4
PLUGIN_KINDS = "source, table, kpi, profile, tier, lifecycle, action, section, publisher, check"
"""What `cpm plugins new` writes (a test compares it with the templates)."""
FEWEST_CUSTOMERS = 200
"""Of a demo company: a smaller one cannot hold the planted rows (the demo's own `MIN_CUSTOMERS`)."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
plugins_app = typer.Typer(help="Write, check and list plugins.")
runs_app = typer.Typer(help="List finished runs.")
app.add_typer(plugins_app, name="plugins")
app.add_typer(runs_app, name="runs")

ParamsFiles = Annotated[list[str], typer.Argument(metavar="PARAMS", help="Params files, or bare names in params/.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameters", metavar="NAME VALUE", help="Set a key of the file, or a notebook parameter."),
]
Raw = Annotated[
    list[str] | None,
    typer.Option("-r", "--parameters_raw", metavar="NAME VALUE", help="The same; the value stays text."),
]
Files = Annotated[
    list[str] | None, typer.Option("-f", "--parameters_file", metavar="FILE", help="Set keys from a YAML file.")
]
Yaml = Annotated[list[str] | None, typer.Option("-y", "--parameters_yaml", metavar="YAML", help="Set keys from YAML.")]
Base64 = Annotated[
    list[str] | None, typer.Option("-b", "--parameters_base64", metavar="TEXT", help="The same, as base64.")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="The last day that counts, as 2011-11-30.")]
Disabled = Annotated[
    list[str] | None,
    typer.Option("--disable-plugin", metavar="NAME", help="Turn a plugin off, beside those of the file; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ParamsFile = Annotated[str | None, typer.Option("--params", metavar="PARAMS", help="Those that this file turns on.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cpm {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,  # noqa: ARG001  # its callback acts
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (anywhere on the line).")] = False,  # noqa: ARG001  # `main` reads it
) -> None:
    """Customer performance reports from tables and measures.

    Exit codes: 0 published or unchanged, 1 failed, 2 wrong usage or params, 3 published but degraded,
    4 another run holds the lock, 130 and 143 stopped.
    """
    _help_if_bare(context)


@plugins_app.callback(invoke_without_command=True)
@runs_app.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    _help_if_bare(context)


def _help_if_bare(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), nl=False)


@app.command()
def run(
    params: ParamsFiles,
    *,
    parameters: Parameters = None,
    raw: Raw = None,
    file: Files = None,
    yaml: Yaml = None,
    base64: Base64 = None,
    as_of: AsOf = None,
    disable_plugin: Disabled = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where reports are published.")] = Path("reports"),
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, help="Reports at a time; left out: one a core, 4 at most."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run again though nothing has changed.")] = False,
) -> int:
    """Make reports and publish them."""
    overrides = _overrides(base64, file, yaml, parameters, raw, as_of, disable_plugin)
    from cpm_core.runs.batch import run_reports

    return run_reports(params, overrides, out, jobs or min(os.cpu_count() or 1, MOST_JOBS), force)


@app.command()
def check(
    params: ParamsFiles,
    *,
    parameters: Parameters = None,
    raw: Raw = None,
    file: Files = None,
    yaml: Yaml = None,
    base64: Base64 = None,
    as_of: AsOf = None,
    disable_plugin: Disabled = None,
) -> int:
    """Check params files: what is wrong, what is missing, which KPIs are measurable."""
    overrides = _overrides(base64, file, yaml, parameters, raw, as_of, disable_plugin)
    from cpm_core.checks.check import check_params

    return check_params(params, overrides)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The workbook's name.")],
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="CSV, Parquet and Excel files.")],
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the file goes.")] = Path("params"),
) -> int:
    """Propose a params file from one's own files."""
    from cpm_core.checks.propose import new_params

    return new_params(name, files, folder)


@app.command()
def kpis(params: ParamsFile = None, as_json: Json = False) -> int:
    """List the KPIs; with params, which of them the data allow and what is missing."""
    from cpm_core.checks.listing import list_kpis

    return list_kpis(params, as_json)


@plugins_app.command("new")
def plugins_new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of {PLUGIN_KINDS}.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, and the id of what it provides.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Where it goes; left out: the project's plugins/.")
    ] = None,
) -> int:
    """Write a plugin and its test, ready to run."""
    from cpm_core.checks.scaffold.write import print_new

    return print_new(kind, name, folder)


@plugins_app.command("check")
def plugins_check(
    plugins: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders or names of plugins.")],
    as_json: Json = False,
) -> int:
    """Try plugins alone: validate, compile for every engine, run on the tiny book.

    Exit codes: 0 nothing is wrong, 1 something is.
    """
    from cpm_core.model.startup import without_collection

    with without_collection():
        from cpm_core.checks.plugins.command import check_plugins

        return check_plugins(plugins, as_json)


@plugins_app.command("list")
def plugins_list(params: ParamsFile = None, as_json: Json = False) -> int:
    """List the plugins, built-in and broken ones too."""
    from cpm_core.checks.plugins.listing import list_plugins

    return list_plugins(params, as_json)


@plugins_app.command("info")
def plugins_info(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `cpm plugins list` shows it.")],
    params: ParamsFile = None,
    as_json: Json = False,
) -> int:
    """Show all of one plugin; of a broken one all that is wrong with it."""
    from cpm_core.checks.plugins.listing import show_plugin

    return show_plugin(name, params, as_json)


@runs_app.command("list")
def runs_list(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where reports are published.")] = Path("reports"),
    as_json: Json = False,
) -> int:
    """List the runs, newest first."""
    from cpm_core.runs.listing import list_runs

    return list_runs(out, as_json)


@app.command()
def demo(
    customers: Annotated[
        int, typer.Option("--customers", metavar="N", min=FEWEST_CUSTOMERS, help="How many customers.")
    ] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Chooses the company.")] = 7,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write.")] = Path("demo"),
    half_delivery: Annotated[bool, typer.Option("--half-delivery", help="Plant a sudden half delivery.")] = False,
) -> int:
    """Write the synthetic company, with its planted truths."""
    # By name: the built-ins come in through the hooks, and no room imports them.
    writer = importlib.import_module("cpm_core.builtin.sources.demo.write")
    with _progress("customers") as progress:
        written = writer.write_demo(out, customers, seed, half_delivery=half_delivery, progress=progress)
    typer.echo(f"{customers:,} customers of seed {seed} written to {written}")
    return 0


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where it opens.")] = Path("notebooks"),
) -> int:
    """Open JupyterLab on the notebooks; further options go to it as they are."""
    import subprocess

    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", where=str(Path.cwd()), fix="Name one: `cpm lab FOLDER`.")
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(folder), *context.args])  # noqa: S603  # our own


def _overrides(
    base64: list[str] | None,
    files: list[str] | None,
    yaml: list[str] | None,
    parameters: list[str] | None,
    raw: list[str] | None,
    as_of: str | None,
    disabled: list[str] | None,
) -> tuple[Override, ...]:
    from cpm_core.params.overrides import from_command_line

    return from_command_line(
        base64_yaml=base64 or (),
        files=files or (),
        yaml=yaml or (),
        parameters=_pairs(parameters or (), "-p"),
        raw=_pairs(raw or (), "-r"),
        as_of=as_of,
        disabled=disabled or (),
    )


def _pairs(joined: Iterable[str], letter: str) -> list[tuple[str, str]]:
    found = []
    for text in joined:
        name, sign, value = text.partition(PAIR)
        if not sign:
            _pair_error(letter, text)
        found.append((name, value))
    return found


def _join_pairs(words: Sequence[str]) -> Iterator[str]:
    """The words of the line, with NAME and VALUE after `-p` and `-r` made one."""
    rest = iter(words)
    for word in rest:
        yield word
        if word in PAIR_LETTERS:
            pair = list(islice(rest, 2))
            if len(pair) < 2:
                _pair_error(word, *pair)
            yield PAIR.join(pair)


def _pair_error(letter: str, name: str = "NAME") -> NoReturn:
    raise UsageError(f"{letter} takes a name and a value", fix=f"Write `{letter} {name} VALUE`, with a space between.")


@contextmanager
def _progress(what: str) -> Iterator[Any]:
    """A bar on standard error while something large is written; none without a terminal."""
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def main(args: Sequence[str] | None = None) -> int:
    """Run `cpm` and return its exit code; errors end as one short panel on standard error."""
    words = list(sys.argv[1:] if args is None else args)
    ours = words[: words.index("--")] if "--" in words else words
    debug = "--debug" in ours
    words = [word for word in ours if word != "--debug"] + words[len(ours) :]
    before, shown = signal.signal(signal.SIGTERM, _stop), DEBUG.set(debug)
    try:
        code = app(list(_join_pairs(words)), "cpm", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:  # noqa: BLE001  # the last one who can tell it in words
        return _tell(error)
    finally:
        DEBUG.reset(shown)
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, _frame: object) -> NoReturn:
    # An exception, so that everything that is open is closed on the way out.
    raise SystemExit(128 + number)


def _tell(error: Exception) -> int:
    """Show an error in a panel; returns the exit code."""
    if isinstance(error, TyperException):
        command = getattr(getattr(error, "ctx", None), "command_path", "cpm")
        panel([Problem(error.format_message(), fix=f"See `{command} --help`.")], error.exit_code)
        return error.exit_code
    return tell(error)
