"""A small playbook to begin with. Nothing of it is planned unless params name it in `plan: {use: […]}`.

Hours, costs and expected effects are guesses to be replaced: a plan with a `control_share` shows in time what an
action really saves, and params may hold actions of a team's own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cpm_core.api import Action, Text, hookimpl


def _complained(profile: Any) -> Any:
    return profile.trailing_complaints >= 1


ACTIONS = (
    Action(
        id="personal_visit",
        title=Text(en="Visit in person", zh="登门拜访"),
        tiers=("VIP",),
        stages=("at_risk", "dormant"),
        owner=Text(en="key account managers", zh="大客户经理"),
        cost=Decimal(60),
        hours=Decimal(3),
        saves=0.20,
    ),
    Action(
        id="personal_call",
        title=Text(en="Call in person", zh="专人致电"),
        tiers=("VIP", "key"),
        stages=("at_risk",),
        owner=Text(en="account managers", zh="客户经理"),
        hours=Decimal("0.5"),
        saves=0.10,
    ),
    Action(
        id="win_back",
        title=Text(en="Win back with an offer", zh="优惠召回"),
        tiers=("key", "ordinary"),
        stages=("at_risk", "dormant"),
        owner=Text(en="marketing", zh="市场部"),
        cost=Decimal(5),
        hours=Decimal("0.05"),
        saves=0.05,
    ),
    Action(
        id="complaint_follow_up",
        title=Text(en="Follow up on a complaint", zh="投诉回访"),
        when=_complained,
        reads=("tickets",),
        owner=Text(en="service", zh="客服部"),
        hours=Decimal("0.5"),
        saves=0.08,
    ),
    Action(
        id="welcome",
        title=Text(en="Welcome call", zh="新客户关怀"),
        stages=("new",),
        owner=Text(en="service", zh="客服部"),
        hours=Decimal("0.25"),
        saves=0.05,
    ),
)


@hookimpl
def cpm_actions() -> tuple[Action, ...]:
    """Actions that params may name."""
    return ACTIONS
