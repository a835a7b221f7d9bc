"""What a report imports, imported once; and nothing that lives on in a fork: no thread, no open database."""

from __future__ import annotations

import contextlib
import gc
import importlib
import pkgutil
from collections.abc import Iterator

from cpm_core.model.startup import import_jsonschema, without_collection

REPORT = (
    *"cpm_core.api cpm_core.workbook cpm_core.engine.open cpm_core.tables.prepare cpm_core.tables.checks".split(),
    *"cpm_core.measure.compile cpm_core.customers.asking cpm_core.customers.computed".split(),
    *"cpm_core.customers.tiers cpm_core.customers.tier_moves".split(),
    *"cpm_core.customers.lifecycle cpm_core.customers.stage_moves".split(),
    *"cpm_core.report.collect cpm_core.report.report cpm_core.report.extra cpm_core.report.tier_moves".split(),
    *"cpm_core.report.handed cpm_core.report.plan cpm_core.report.plan_view cpm_core.customers.plan".split(),
)
"""Of the core, what a scorecard's sections import."""
WORKER = (
    *"cpm_core.runs.report cpm_core.runs.execute cpm_core.runs.engine cpm_core.runs.forms cpm_core.runs.leaks".split(),
    *"cpm_core.report.page cpm_core.report.xlsx cpm_core.report.actions_csv cpm_core.measure.facts".split(),
    *"cpm_core.scorecard.build cpm_core.customers.playbook cpm_core.customers.valuation".split(),
    *"papermill nbconvert bs4 xlsxwriter psutil scipy.stats scipy.optimize".split(),
)
"""What a worker of a batch imports beside it."""
BUILTIN = "cpm_core.builtin"

LIBRARIES = (
    # the kernel; its debugger is imported by each kernel
    *"ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.debugger debugpy.server.api".split(),
    *"IPython.core.completerlib IPython.core.debugger IPython.core.oinspect IPython.extensions.storemagic".split(),
    *"tornado.platform.asyncio concurrent.futures.thread sqlite3 runpy".split(),
    # tables and measures
    *"ibis.backends.duckdb ibis.backends.duckdb.converter ibis.expr.types.groupby pyarrow.dataset pyarrow.csv".split(),
    *"pyarrow.parquet pandas.core.methods.to_dict pandas.core.arrays.arrow.extension_types tzdata cmath".split(),
    *"encodings.utf_8_sig encodings.cp437".split(),
    # what is shown
    *"altair vl_convert narwhals._interchange.dataframe ipywidgets anywidget".split(),
)

ENVIRONMENT = {
    # OpenBLAS starts its threads when it is loaded; reports hardly multiply matrices, and run side by side.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Arrow's allocator would start a thread that gives memory back.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""What the process must be started with, so that the imports start no thread."""


def import_all() -> None:
    """Import it, and let nothing live on. What is not installed is left out."""
    with without_collection():
        import_jsonschema()
        for name in (*REPORT, *WORKER, *_builtins(), *LIBRARIES):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    _close_database()
    gc.collect()
    # The collector of a child would otherwise touch, and so copy, all of it.
    gc.freeze()


def _builtins() -> Iterator[str]:
    """The built-in plugins. Named by string and found by walking, so that no room imports a built-in."""
    for room in pkgutil.iter_modules(importlib.import_module(BUILTIN).__path__, f"{BUILTIN}."):
        for plugin in pkgutil.iter_modules(importlib.import_module(room.name).__path__, f"{room.name}."):
            yield plugin.name


def _close_database() -> None:
    """Close the database that `import duckdb` opens, with its threads, to make its types; its next user opens it."""
    import duckdb

    duckdb.default_connection().close()
