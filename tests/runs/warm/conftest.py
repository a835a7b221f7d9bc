"""One fork server for the tests of a module."""

from __future__ import annotations

import sys

import pytest

from cpm_core.runs.warm import ADDRESS
from cpm_core.runs.warm.server import fork_server
from tests.runs.kernels import kernel

if sys.platform != "linux":
    pytest.skip("warm kernels need Linux", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def no_server_of_others():
    """These tests look at their own server, and not at the one that all tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(ADDRESS, raising=False)
        yield


@pytest.fixture(scope="module")
def server(no_server_of_others):
    """A fork server."""
    with fork_server():
        yield


@pytest.fixture
def warm(server, tmp_path):
    """A warm kernel."""
    with kernel(tmp_path) as asked:
        yield asked
