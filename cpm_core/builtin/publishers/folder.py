"""The `folder` publisher: a copy of each published run in another folder, such as a share.

`{use: folder, to: ../share}` copies `report.html` and all that lies beside it to `../share/<workbook>/<run>/`, those of a
grid to folders of their members. It is copied aside and renamed, so that a reader finds the whole run or none of it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from cpm_core.api import NotSentError, Publisher, Run, Text, hookimpl

ASIDE = ".part-"
"""Beginning of the name of a folder that is still being copied; readers pass over it."""


def _options() -> type:
    from pydantic import BaseModel, Field

    class FolderOptions(BaseModel):
        """Where runs are copied to."""

        to: str = Field(min_length=1, examples=["../share"])
        """A folder that is there; relative to the params file."""

    return FolderOptions


def _send(run: Run, options: Any) -> None:
    """Copy the run; one that is there under the same name is replaced.

    Raises:
        NotSentError: There is no such folder, or it cannot be written: the next run tries again.
    """
    assert run.folder is not None
    # Shown in errors: without the way over `params/..`.
    to = (run.params.parent / Path(options.to).expanduser()).resolve()
    if not to.is_dir():
        # It is not made here: a share that is not mounted would become a folder on this disk, which nobody reads.
        raise NotSentError(f"there is no folder {to}", fix="Make it, or mount the share that it is on.")
    target = to / (run.report or run.workbook) / run.id
    aside = target.with_name(ASIDE + run.id)
    shutil.rmtree(aside, ignore_errors=True)  # what a copy has left that was killed
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(run.folder, aside)
        _replace(target, aside)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        words = f"the run cannot be copied to {to}: {error.strerror or error}"
        raise NotSentError(words, fix="Make room or give the right to write.") from error


def _replace(target: Path, aside: Path) -> None:
    if target.exists():
        old = target.with_name(f"{ASIDE}old-{target.name}")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        aside.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        aside.rename(target)


@hookimpl
def cpm_publishers() -> list[Publisher]:
    """The publisher that params call `folder`."""
    title = Text(en="A copy in another folder", zh="复制到其他文件夹")
    return [Publisher(id="folder", title=title, send=_send, options=_options)]
