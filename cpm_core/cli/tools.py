"""`cpm demo` and `cpm lab`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cpm_core.cli.app import app
from cpm_core.model.errors import UsageError

FEWEST_CUSTOMERS = 200
"""Of a demo company: a smaller one cannot hold the planted rows (the demo's own `MIN_CUSTOMERS`)."""


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


@contextmanager
def _progress(what: str) -> Iterator[Any]:
    """A bar on standard error while something large is written; none without a terminal."""
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
