"""An action whose condition raises."""

from cpm_core.api import Action, Text, hookimpl


def angry(profile):
    return profile.trailing_complaint >= 2  # <- here


@hookimpl
def cpm_actions():
    return [Action(id="apology", title=Text(en="Apology", zh="致歉"), when=angry)]
