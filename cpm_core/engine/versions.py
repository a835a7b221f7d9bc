"""Versions of what figures depend on."""

from __future__ import annotations

from functools import cache


def versions_of_record() -> dict[str, str]:
    """Versions of what figures depend on."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    # Looked up once: each costs reading a file, and a process asks dozens of times.
    import platform
    from importlib.metadata import version

    names = ("ibis-framework", "duckdb", "pandas", "numpy", "scipy", "pyarrow", "holidays")
    core = __import__("cpm_core").__version__
    return {"cpm-core": core, "python": platform.python_version(), **{name: version(name) for name in names}}
