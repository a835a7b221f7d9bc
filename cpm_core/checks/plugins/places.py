"""Where the plugins of a project stand."""

from __future__ import annotations

from pathlib import Path

from cpm_core.params.paths import FOLDER as PARAMS

PLUGINS = "plugins"


def plugins_folder(start: Path | None = None) -> Path | None:
    """The folder `plugins/` that is seen from ``start`` (the working folder) upwards; None where there is none."""
    here = (start or Path.cwd()).resolve()
    return next((folder / PLUGINS for folder in (here, *here.parents) if (folder / PLUGINS).is_dir()), None)


def project_folder(start: Path | None = None) -> Path | None:
    """The nearest folder from ``start`` upwards that holds `params/` or `plugins/`; None where there is none."""
    here = (start or Path.cwd()).resolve()
    found = (one for one in (here, *here.parents) if (one / PARAMS).is_dir() or (one / PLUGINS).is_dir())
    return next(found, None)
