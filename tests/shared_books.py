"""The project's own workbooks, whose data are read once for all tests, notebooks and processes of a session."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import nbformat
import pytest

import cpm_core as cpm
from cpm_core.data import WORK
from cpm_core.runs.lock import locked

NOTEBOOKS = "notebooks/"
WARM = entry_points(group="jupyter_client.kernel_provisioners", name="cpm-warm-provisioner")
"""The entry point by which others' kernels are warm; it is there where the package is installed."""


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for the processes of a session."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def opened(path: Path, shared: Path, name: str, **keywords: Any) -> cpm.Workbook:
    """A workbook with its tables, which the first one prepares while the others wait; figures too are measured once.

    Args:
        path: A params file.
        shared: The session's folder.
        name: Of the work folder; equal names are of equal workbooks.
        **keywords: Keys of the file.
    """
    book = cpm.open(path, shared=shared, work=shared / "work" / name, **keywords)
    book.tables_folder.mkdir(exist_ok=True)
    with locked(book.tables_folder, "the tables", wait=True):
        book.prepare()
    return book


class PreparedNotebooks:
    """Gives each notebook's kernel a work folder with tables, as `cpm run` does, and its imports."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._done: set[str] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Any:
        """Have it in the environment while the kernel starts."""
        name = item.nodeid.split("::")[0]
        if not name.startswith(NOTEBOOKS) or name in self._done:
            return (yield)
        self._done.add(name)
        path = self._root / _params(self._root / name)
        shared = shared_folder(item.config._tmp_path_factory)  # type: ignore[attr-defined]  # no fixture is asked for here
        opened(path, shared, path.stem).close()
        os.environ[WORK] = str(shared / "work" / path.stem)
        try:
            with warm_kernels():
                return (yield)
        finally:
            del os.environ[WORK]


@contextmanager
def warm_kernels() -> Iterator[None]:
    """Kernels that are started by others than `cpm` come from the fork server too, where there is one."""
    from jupyter_client.provisioning import KernelProvisionerFactory

    factory = KernelProvisionerFactory.instance()
    before = factory.default_provisioner_name
    factory.default_provisioner_name = next((one.name for one in WARM), before)
    try:
        yield
    finally:
        factory.default_provisioner_name = before


def _params(notebook: Path) -> str:
    """The params file that a notebook opens if nothing else is said."""
    cells = nbformat.read(notebook, as_version=4).cells
    found = next(filter(None, (re.search(r'^params: str = "(.*?)"', cell.source, re.MULTILINE) for cell in cells)))
    return found[1]
