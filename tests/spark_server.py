"""A real Spark cluster on this machine: a standalone master and two workers from the pyspark wheel."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

WORKERS = 2
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Of processes that live a minute: what is compiled slowly, or collected by many threads, is never paid back."""
_PATIENCE = 180.0
"""Seconds that a daemon is given to come up; starting a JVM takes long where other work is done."""


@contextmanager
def spark_cluster(folder: Path) -> Iterator[str]:
    """Start a master and its workers on free ports of 127.0.0.1; they end with the block.

    Args:
        folder: Where their logs and the files of their executors go.

    Yields:
        The master's URL, such as `spark://127.0.0.1:35211`.

    Raises:
        RuntimeError: One of them does not come up; the end of its log is told.
    """
    with ExitStack() as stack:
        master = stack.enter_context(_daemon(folder, "master", "Master", "--port", "0"))
        url = _said(master, folder / "master.log", r"Starting Spark master at (spark://\S+)")
        for number in range(WORKERS):
            name = f"worker-{number}"
            works = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / name), url)
            worker = stack.enter_context(_daemon(folder, name, "Worker", *works))
            _said(worker, folder / f"{name}.log", r"Successfully registered with master (\S+)")
        yield url


@contextmanager
def _daemon(folder: Path, name: str, kind: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process of the cluster; stopped and waited for at the end."""
    home = Path(str(find_spec("pyspark").origin)).parent  # type: ignore[union-attr]  # it is in the lock
    conf = folder / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": JAVA,
    }
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind.lower()}.{kind}"]
    # A port 0 for the page that each of them insists on serving: any free one.
    command += ["--host", "127.0.0.1", "--webui-port", "0", *arguments]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _said(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    """What a daemon's log says once it is up."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise RuntimeError(f"Spark's {log.stem} did not come up (is Java 17 there?):\n{tail}")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The key `engine` of a params file for a cluster of the session's tests.

    A session is kept open on it, so that the workbooks of the tests share one driver. Tables are small
    here: what Spark does for large ones (compiling queries to bytecode, planning anew on the way, many
    partitions) would take most of the time.
    """
    from cpm_core.engine.spark_session import close_session, open_session

    folder = tmp_path_factory.mktemp("spark")
    options = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": JAVA,
        "spark.executor.memory": "700m",
        "spark.executor.extraJavaOptions": JAVA,
        "spark.dynamicAllocation.enabled": "false",
        "spark.default.parallelism": "2",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    with spark_cluster(folder) as url:
        session = open_session(url, options, folder)
        yield {"backend": "spark", "url": url, "options": options}
        close_session(session)
