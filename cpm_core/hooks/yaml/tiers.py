"""Tier rules of a YAML plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cpm_core.hooks.yaml.blamed import Expression, Where
from cpm_core.hooks.yaml.schema import CutKeys, TierKeys
from cpm_core.model.rules import AtLeast, Cut, ShareOfValue, TierRule, TopShare

_CUTS: Mapping[str, type[TopShare | ShareOfValue | AtLeast]] = {
    "at_least": AtLeast,
    "top_share": TopShare,
    "share_of_value": ShareOfValue,
}


def rule_of(name: str, keys: TierKeys, where: Where) -> TierRule:
    """The tier rule that the keys describe."""
    value = Expression(keys.value, "value", where("value"))
    return TierRule(
        id=name,
        title=keys.title,
        value=OfProfile(value),
        cut=CutAt(keys.cut),
        value_title=keys.value_title or keys.title,
        unit=keys.unit or "number",
        reads=keys.reads,
        replaces=keys.replaces,
    )


@dataclass(frozen=True)
class OfProfile:
    """The value of a customer: an expression of the columns of the profile."""

    value: Expression

    def __call__(self, profile: Any, options: Any, settings: Any) -> Any:  # noqa: ARG002  # a rule's shape
        """A numeric column of the profile.

        Raises:
            PluginError: The expression does not fit the profile.
        """
        return self.value.number(profile, settings)


@dataclass(frozen=True)
class CutAt:
    """Where tiers are cut."""

    keys: CutKeys

    def __call__(self, options: Any) -> Cut:  # noqa: ARG002  # a rule's shape
        """The one cut that is written."""
        kind = next(name for name in _CUTS if getattr(self.keys, name) is not None)
        tiers = getattr(self.keys, kind)
        return _CUTS[kind]({"VIP": tiers.VIP, "key": tiers.key})
