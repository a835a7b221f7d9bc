"""Whether somebody sits at this kernel."""

from __future__ import annotations

import os
import sys

RUN = "CPM_RUN"
"""Environment variable that `cpm run` gives its kernels."""
PAPERMILL = ("PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH")
"""Names that papermill defines in a notebook with `--inject-paths`."""
NBCLIENT = "--HistoryManager.hist_file=:memory:"
"""What nbclient, which papermill runs on, starts a kernel with: nobody will ask for its history."""


def is_report_run() -> bool:
    """Whether this notebook is run as a report (`cpm run`, papermill, nbconvert) and not by an analyst.

    There is no official sign of it; if in doubt, an analyst is there.
    """
    if os.environ.get(RUN) or NBCLIENT in sys.argv:
        return True
    # A kernel has loaded IPython long since; a plain Python does not need to.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and any(name in shell.user_ns for name in PAPERMILL)
