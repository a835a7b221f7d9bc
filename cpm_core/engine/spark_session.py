"""One Spark session a workbook, on the one Spark context that a process may have."""

from __future__ import annotations

import logging
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import DataError, UsageError
from cpm_core.model.secrets import holds

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

_INSTALL = "Install the extra: pip install 'cpm-core[spark]'."
_JAVA = "Install Java 17 or later (Debian: default-jre-headless), or name it in JAVA_HOME."
_SECONDS = 5.0
"""How long a master may take to answer; Spark itself would try for a minute."""

# Fixed for every session, whatever the params say: figures rest on them.
_FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    # A sum that does not fit is an error, as on the other engines; without ANSI it would be null.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_DEFAULTS = {
    "spark.app.name": "cpm",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # While a notebook waits for its reader, or a runner for its notebook, others may have the cluster.
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.executorIdleTimeout": "15s",
    "spark.dynamicAllocation.shuffleTracking.timeout": "15s",
}

_open: set[int] = set()
"""Sessions of ours; with the last one the context that they started is stopped."""


def open_session(url: str | None, options: Mapping[str, str], scratch: Path) -> SparkSession:
    """A session of its own on a Spark master.

    Args:
        url: Such as `spark://host:7077`, `local[2]` or `yarn`; None: the Spark that this process runs in
            already, else this machine.
        options: Spark's own settings.
        scratch: Where the log of the process that drives Spark goes.

    Raises:
        UsageError: pyspark or Java is missing, or this process runs another Spark already.
        DataError: The master cannot be reached.
    """
    try:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError("engine spark needs the package pyspark", where="engine", fix=_INSTALL) from error
    _quiet()
    running = SparkContext._active_spark_context  # noqa: SLF001  # pyspark has no public way to ask
    if running is None:
        context = _started(url or "local[*]", options, scratch)
        session = SparkSession(context)
    else:
        context = running
        if url is not None and context.master != url:
            raise UsageError(
                f"this process is connected to Spark at {context.master}, and can be to one only",
                where="engine.url",
                fix=f"Close the workbooks there before you open one at {url}.",
            )
        session = SparkSession(context).newSession()
    for name, value in {**options, **_FIXED}.items():
        if session.conf.isModifiable(name):
            session.conf.set(name, value)
    if running is None or _open:
        _open.add(id(session))
    return session


def _quiet() -> None:
    """Keep pyspark from printing the errors that it raises, as JSON, beside raising them."""
    from pyspark.logger import PySparkLogger

    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).setLevel(logging.CRITICAL + 1)


def close_session(session: SparkSession) -> None:
    """Give a session back; with the last one that we opened Spark ends, if we started it."""
    if id(session) not in _open:
        return
    _open.discard(id(session))
    if not _open:
        gateway = session.sparkContext._gateway  # noqa: SLF001  # pyspark keeps its Java process for ever
        session.stop()
        _forget(gateway)


def _forget(gateway: Any) -> None:
    """End the Java process, so that the next session may start one with other settings."""
    from pyspark import SparkContext

    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001  # as above


def _started(url: str, options: Mapping[str, str], scratch: Path) -> SparkContext:
    """Start Spark's driver in a Java process whose log goes to a file, and not to the terminal or the notebook."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    _see_java()
    _see_master(url)
    scratch.mkdir(parents=True, exist_ok=True)
    conf = SparkConf(loadDefaults=False).setMaster(url)
    warehouse = {"spark.sql.warehouse.dir": str(_warehouse())}
    conf.setAll([*{**_DEFAULTS, **warehouse, **options, **_FIXED}.items()])
    # Java is told these on its command line, which every user of the machine may read; its context is told all.
    public = SparkConf(loadDefaults=False).setAll([(name, value) for name, value in conf.getAll() if not holds(value)])
    log = scratch / "spark.log"
    try:
        with log.open("wb") as stream:
            gateway = launch_gateway(public, {"stdout": stream, "stderr": stream})
        return SparkContext(conf=conf, gateway=gateway)
    except (PySparkRuntimeError, _java_error()) as error:
        text = log.read_text(errors="replace")
        if "UnsupportedClassVersionError" in text:
            raise UsageError("this Java is too old for Spark", where="engine", fix=_JAVA) from error
        words = [line for line in text.splitlines() if "ERROR" in line or "Exception" in line]
        raise DataError(
            f"Spark does not start at {url}: {(words or text.splitlines() or [str(error)])[0][:300]}",
            where="engine.url",
            fix="Check the address and the options of the engine.",
        ) from error


def _java_error() -> type[Exception]:
    from py4j.protocol import Py4JError

    found: type[Exception] = Py4JError
    return found


def _warehouse() -> Path:
    """Where tables go that nobody names a place for: good for workers on this machine only."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "cpm" / "spark-warehouse"


def _see_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")):
        raise UsageError("engine spark needs Java, and there is none", where="engine", fix=_JAVA)


def _see_master(url: str) -> None:
    """See that one of the masters of a standalone cluster answers."""
    if not url.startswith("spark://"):
        return
    told = ""
    for address in url.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), _SECONDS).close()
        except (OSError, ValueError) as error:
            told = str(error)
        else:
            return
    raise DataError(
        f"Spark cannot be reached at {url}: {told}",
        where="engine.url",
        fix="Is the master running, and the port right?",
        heals=True,
    )
