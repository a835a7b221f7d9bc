"""Strip notebooks of what a run left in them, except the outputs that nbval compares.

    python tools/strip_notebooks.py [--check] notebooks/*.ipynb

A cell whose source begins with `# NBVAL_CHECK_OUTPUT` keeps its stored output; nothing else does.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbstripout import strip_output

CHECKED = "# NBVAL_CHECK_OUTPUT"
RUN_METADATA = (
    "metadata.papermill",
    "metadata.widgets",
    "metadata.language_info",
    "cell.metadata.papermill",
    "cell.metadata.execution",
    "cell.metadata.collapsed",
    "cell.metadata.scrolled",
)


def stripped(text: str) -> str:
    """The notebook's text as it belongs into git."""
    notebook = nbformat.reads(text, as_version=4)
    checked = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith(CHECKED)]
    for cell in checked:
        cell.metadata["keep_output"] = True
    strip_output(notebook, keep_output=False, keep_count=False, keep_id=True, extra_keys=list(RUN_METADATA))
    for number, cell in enumerate(checked, start=1):
        del cell.metadata["keep_output"]
        _number(cell, number)
    return str(nbformat.writes(notebook)) + "\n"


def _number(cell: nbformat.NotebookNode, number: int) -> None:
    """Count a compared cell as run, the same in every run: nbval refuses outputs of a cell that has not run."""
    cell["execution_count"] = number if cell.outputs else None
    for output in cell.outputs:
        if "execution_count" in output:
            output["execution_count"] = number


def main(argv: Sequence[str] | None = None) -> int:
    """Strip the named notebooks in place; with `--check` only tell which would change. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Strip notebooks of outputs that nbval does not compare.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something would change")
    parser.add_argument("notebooks", nargs="+", type=Path)
    options = parser.parse_args(argv)
    changed = 0
    for path in options.notebooks:
        before = path.read_text(encoding="utf-8")
        after = stripped(before)
        if after == before:
            continue
        changed += 1
        print(f"{'would strip' if options.check else 'stripped'} {path}")
        if not options.check:
            path.write_text(after, encoding="utf-8")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
