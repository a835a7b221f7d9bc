"""Versions of what figures depend on."""

from __future__ import annotations


def versions_of_record() -> dict[str, str]:
    """Versions of what figures depend on."""
    import platform
    from importlib.metadata import version

    names = ("ibis-framework", "duckdb", "pandas", "numpy", "scipy", "pyarrow", "holidays")
    core = __import__("cpm_core").__version__
    return {"cpm-core": core, "python": platform.python_version(), **{name: version(name) for name in names}}
