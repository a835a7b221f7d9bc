"""A rule whose function does not take what it is given."""

from cpm_core.api import Text, TierRule, TopShare, hookimpl


def value(profile):
    """Revenue."""
    return profile.trailing_revenue


def cut(options):
    """The first twentieth."""
    return TopShare({"VIP": 0.05})


@hookimpl
def cpm_tier_rules():
    return [TierRule(id="ours", title=Text(en="Ours", zh="自有"), value=value, cut=cut)]  # <- here
