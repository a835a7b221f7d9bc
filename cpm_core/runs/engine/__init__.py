"""The papermill engine `cpm`: plain `papermill --engine cpm …` gains what `cpm run` has.

papermill calls a notebook complete whose kernel died, that took too long or that was stopped, and it writes the output
in place twice a cell. This engine sets every state right, saves by rename, keeps limits, and says what happened.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # papermill asks for the engine while it is imported itself, by whichever of the two comes first.
    if name == "CpmEngine":
        from cpm_core.runs.engine.cpm import CpmEngine

        return CpmEngine
    raise AttributeError(name)


import papermill  # noqa: E402, F401  # before any module here needs a part of it: it then imports all of them
