"""Secret values that this process knows, and texts without them.

Whatever is written or shown (a notebook, a page, a log, a record, an error, a mail) passes `scrubbed` first.
"""

from cpm_core.model.secrets.hiding import HIDDEN, SHORTEST, holds, know, known, scrubbed, values

__all__ = ["HIDDEN", "SHORTEST", "holds", "know", "known", "scrubbed", "values"]
