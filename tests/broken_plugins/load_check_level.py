"""A check of a level that there is not."""

from cpm_core.api import Check, Text, hookimpl


@hookimpl
def cpm_checks():
    return [
        Check(id="full", title=Text(en="Full", zh="完整"), table="orders", judge=lambda stats: None, level="halt")
    ]  # <- here
