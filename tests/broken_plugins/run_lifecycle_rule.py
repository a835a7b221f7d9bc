"""A lifecycle rule that hangs."""

from cpm_core.api import LifecycleRule, Text, hookimpl

REASONS = {"any": Text(en="any", zh="任意")}


def waiting(profile, options, settings):
    while True:
        pass


@hookimpl
def cpm_lifecycle_rules():
    title = Text(en="Waiting", zh="等待")
    return [LifecycleRule(id="waiting", title=title, assign=waiting, reasons=REASONS)]  # <- here
