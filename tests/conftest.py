"""What all tests share."""

import gc
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from cpm_core.model.secrets import hiding
from cpm_core.runs.warm.server import fork_server
from tests.browser import browser  # noqa: F401  # a fixture
from tests.demo import Page
from tests.servers import postgres, postgres_url  # noqa: F401  # fixtures
from tests.shared_books import PreparedNotebooks, opened, shared_folder
from tests.spark_server import spark  # noqa: F401  # a fixture

# Expressions are many small objects that live long: looked through at every 700 new ones, as is usual, they take a
# fifth of the tests' time.
gc.set_threshold(200_000, 20, 100)
# What fails of a plugin fails a test, unless the test is about a report that is published all the same.
os.environ["CPM_STRICT"] = "1"
# Kernels and spawned processes import this very package, installed or not.
os.environ["PYTHONPATH"] = os.pathsep.join(
    dict.fromkeys([str(Path(__file__).resolve().parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
)
# A deadline measures the machine's other work, not the code; the seed is fixed so that a run can be repeated.
settings.register_profile("cpm", deadline=None, derandomize=True)
settings.load_profile("cpm")


LONGEST = (
    *("tests/test_reports.py", "tests/checks/scaffold/test_author.py", "tests/engine/test_spark.py"),
    *("tests/measure/test_random_book.py", "notebooks/"),
)
"""Files whose tests take long: begun first, so that no worker is left with one of them at the end."""


def pytest_configure(config):
    """Prepare what notebooks read once for all of them: this file's own hooks see the tests beside it only.

    And where tests run in several processes, have one fork server for all of them, which inherit its address.
    """
    config.pluginmanager.register(PreparedNotebooks(config.rootpath))
    if config.getoption("numprocesses", None):
        server = ExitStack()
        server.enter_context(fork_server())
        config.add_cleanup(server.close)


def pytest_collection_modifyitems(items):
    """Begin with the longest files; the others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def no_secrets():
    """What one test holds for a secret is none to the next."""
    before = dict(hiding._known)
    yield
    hiding._known.clear()
    hiding._known.update(before)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium; `make test` sees to it that there is one."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "Chromium is missing: run tools/need.sh chromium"
    return found


@pytest.fixture(scope="session")
def online_retail(repository, tmp_path_factory):
    """The workbook of params/online_retail.yaml; preparing it takes seconds, so that all tests share it."""
    book = opened(repository / "params" / "online_retail.yaml", shared_folder(tmp_path_factory), "online_retail")
    yield book
    book.close()


@pytest.fixture(scope="session")
def demo_page(repository):
    """The tables of docs/demo.md."""
    return Page(repository / "docs" / "demo.md")


@pytest.fixture(scope="session")
def demo_book(repository, tmp_path_factory):
    """The workbook of params/demo.yaml, sliced by the planted groups too; prepared and measured once."""
    slices = ["region", "orders.channel", "service_team", "planted_group"]
    path = repository / "params" / "demo.yaml"
    book = opened(path, shared_folder(tmp_path_factory), "demo_by_planted_group", slices=slices)
    yield book
    book.close()
