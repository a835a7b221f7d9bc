"""Two runs side by side: which figures changed, which of earlier periods were restated, and why.

For a notebook::

    from cpm_core.runs.diff import compare

    found = compare("reports/sales/runs/2024-03-31-1a2b3c4d", "reports/sales/latest")
    found.restated      # a row a figure: before, after, change, because
"""

from cpm_core.runs.diff.difference import Difference, compare, difference
from cpm_core.runs.diff.find import Found, open_run

__all__ = ["Difference", "Found", "compare", "difference", "open_run"]
