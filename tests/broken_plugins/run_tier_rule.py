"""Tier rules: one raises, and one needs a profile column that failed."""

from cpm_core.api import ProfileColumn, Text, TierRule, TopShare, hookimpl

TITLE = Text(en="By goodwill", zh="按好感")


def goodwill(profile, options, settings):
    raise LookupError("the list is lost")  # <- goodwill


def by_column(profile, options, settings):
    return profile.favour  # <- by_column


def favour(orders):
    return orders.group_by("customer_id").aggregate(favour=orders.favour.max())  # <- favour


def cut(options):
    return TopShare({"VIP": 0.1, "key": 0.3})


@hookimpl
def cpm_tier_rules():
    return [
        TierRule(id="goodwill", title=TITLE, value=goodwill, cut=cut),
        TierRule(id="by_column", title=TITLE, value=by_column, cut=cut),
    ]


@hookimpl
def cpm_profile_columns():
    return [ProfileColumn("favour", Text(en="Favour", zh="好感"), favour)]
