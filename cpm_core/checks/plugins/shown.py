"""What `cpm plugins check` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text as Words

from cpm_core.checks.plugins.found import Checked, Line
from cpm_core.model.errors import Problem
from cpm_core.params.paths import shown

OK, WRONG = "✓", "✗"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Tells on standard error what is being done; nothing stays of it, and without a terminal nothing is told."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield status.update


def show(found: Sequence[Checked]) -> None:
    """Print a block a plugin: a line a contribution, and beneath it what is wrong."""
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    for one in found:
        console.print(Words(f"{one.name} {one.version}  {shown_file(one.file)}", style="bold"))
        for problem in one.problems:
            _problem(console, problem)
        for line in one.lines:
            _line(console, line)
        if one.ok and not one.lines:
            console.print("  it loads, and provides nothing")
    wrong = sum(not one.ok for one in found)
    plugins = "1 plugin is" if len(found) == 1 else f"{len(found)} plugins are"
    console.print(f"{wrong} of {len(found)} plugins to mend" if wrong else f"{plugins} ok")


def shown_file(where: str) -> str:
    """A file, with or without its line, as it is seen from the working folder."""
    from pathlib import Path

    file, colon, line = where.rpartition(":")
    if colon and line.isdecimal():
        return f"{shown(Path(file))}:{line}"
    return shown(Path(where)) if where else ""


def _line(console: Console, line: Line) -> None:
    mark, style = (OK, "green") if line.ok else (WRONG, "red")
    words = Words("  ").append(mark, style).append(f" {line.kind} {line.id}: {line.title.en} · {line.title.zh}")
    told = f" = {line.told}" if line.figure is not None and line.told else f": {line.told}" if line.told else ""
    console.print(words.append(told, "bold").append(f"  ({shown_file(line.where)})", "dim"))
    for engine, operation in line.lacking.items():
        console.print(Words(f"    ! {engine} does not have its operation {operation}", style="yellow"))
    if line.problem is not None:
        _problem(console, line.problem)


def _problem(console: Console, problem: Problem) -> None:
    console.print(Words(f"  {WRONG} " if not problem.what.startswith(" ") else "").append(problem.what, "red"))
    near = ", ".join(problem.nearest)
    for name, words in (("where", shown_file(problem.where)), ("nearest", near), ("fix", problem.fix)):
        if words:
            console.print(Words(f"      {name}: {words}", style="dim"))
