"""Find a params file from the working folder upwards, and say its name as a person would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from cpm_core.model.errors import UsageError
from cpm_core.model.names import nearest

SUFFIXES = (".yaml", ".yml")
FOLDER = "params"


def find_params(path: str | Path, start: Path | None = None) -> Path:
    """The params file that ``path`` names: a path, or a bare name of a file in `params/`.

    It is looked for in ``start`` (the working folder), then in the folders above, so that a
    notebook in `notebooks/` finds `params/online_retail.yaml`.

    Raises:
        UsageError: There is no such file; the nearest ones that exist are named.
    """
    wanted = Path(path).expanduser()
    here = (start or Path.cwd()).resolve()
    if not str(path).strip():
        raise UsageError("no params file is named", fix="Name one, as params/online_retail.yaml.")
    for folder in _upwards(here, wanted):
        for candidate in _candidates(folder, wanted):
            if candidate.is_file():
                return candidate.resolve()
    raise _missing(wanted, here)


def shown(path: Path) -> str:
    """The path from the working folder if it is near, else in full."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return relative if relative.count("..") <= 2 else str(path)


def _upwards(here: Path, wanted: Path) -> tuple[Path, ...]:
    return (here,) if wanted.is_absolute() else (here, *here.parents)


def _candidates(folder: Path, wanted: Path) -> Iterator[Path]:
    yield folder / wanted
    named = [wanted] if wanted.suffix in SUFFIXES else [wanted.with_name(wanted.name + end) for end in SUFFIXES]
    for one in named:
        yield folder / one
        if not wanted.is_absolute():
            yield folder / FOLDER / one


def _missing(wanted: Path, here: Path) -> UsageError:
    is_folder = (here / wanted).is_dir()
    what = f"{wanted} is a folder, not a params file" if is_folder else f"there is no params file {wanted}"
    near = sorted({shown(file) for file in _existing(here, wanted)})
    # Compared by stem: the folder and the suffix are alike in all of them.
    stems = {Path(name).stem: name for name in reversed(near)}
    close = tuple(stems[stem] for stem in nearest(wanted.stem, stems)) or tuple(near[:3])
    fix = "Name one of these." if close else "`cpm new NAME FILES…` proposes one from your own files."
    return UsageError(what, where=str(here), nearest=close, fix=fix)


def _existing(here: Path, wanted: Path) -> Iterator[Path]:
    folders = [here / wanted.parent, here / wanted]
    folders += [folder / FOLDER for folder in (here, *here.parents)]
    for folder in folders:
        if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
            yield from (file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())
