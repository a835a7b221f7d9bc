"""Try again what may heal: a server that does not answer, a kernel that does not start, a lock of a database.

Never what will be the same again: wrong params, an assertion, data that cannot be used, another runner's lock.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator

from cpm_core.model.errors import CpmError, DataError

MOST = 300.0
"""Seconds between two attempts at most."""

_NAMES = frozenset(
    {
        "httpx.TransportError",
        "requests.ConnectionError",
        "requests.Timeout",
        "urllib3.HTTPError",
        "duckdb.TransactionException",
    }
)
"""Classes of libraries, by the package that they are of: none is imported for it."""
_STATES = ("08", "40001", "40P01", "53300", "55P03", "57P01", "57P02", "57P03")
"""SQLSTATEs (beginnings of them): connections, serialization, deadlocks, locks, a server that starts or stops."""
_WORDS = {"duckdb": "Could not set lock on file", "sqlite3": "database is locked"}
_BUSY = (429, 500, 502, 503, 504)
"""HTTP statuses of a server that may answer in a while."""


def heals(error: BaseException) -> bool:
    """Whether what failed may go well the next time.

    An error of ours says so itself (`heals`). What a source raised of another kind is judged by its class.
    """
    if isinstance(error, CpmError):
        return error.heals or (type(error) is DataError and any(map(_passing, _causes(error))))
    return any(map(_passing, [error, *_causes(error)]))


def waits(attempts: int, wait: float) -> Iterator[float]:
    """Seconds before the second attempt and each further one: doubled each time, and half of it by chance.

    Reports that fail together, since one server is down, would otherwise all come again at once.
    """
    chance = secrets.SystemRandom()
    for number in range(attempts - 1):
        longest = min(wait * 2**number, MOST)
        yield longest / 2 + chance.random() * longest / 2


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield cause
        yield from _causes(cause)


def _passing(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    if isinstance(error, CpmError):
        return error.heals
    if isinstance(getattr(error, "reason", None), OSError):  # of urllib
        return _passing(error.reason) or isinstance(error.reason, OSError)  # type: ignore[attr-defined]  # seen above
    return _busy(error) or _of_database(error) or _unreachable(error)


def _busy(error: BaseException) -> bool:
    """Whether a server answered that it cannot just now."""
    response = getattr(error, "response", None)
    status = getattr(error, "code", None) or getattr(response, "status_code", None)
    return status in _BUSY


def _of_database(error: BaseException) -> bool:
    package = type(error).__module__.partition(".")[0].removeprefix("_")
    if package == "psycopg" and type(error).__name__ == "OperationalError":
        return True  # no state of its own: the connection was lost
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str) and state.startswith(_STATES):
        return True
    return _WORDS.get(package, "\0") in str(error)


def _unreachable(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return True
    return any(
        f"{one.__module__.partition('.')[0].removeprefix('_')}.{one.__name__}" in _NAMES for one in type(error).__mro__
    )
