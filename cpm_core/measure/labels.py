"""Tier and stage as slices: the label that a customer held on the day before each period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from cpm_core.model.errors import MeasureError
from cpm_core.model.facts import NEW_MEMBER, NO_MEMBER
from cpm_core.model.periods import Period, labelled
from cpm_core.model.rules import STAGES, TIERS
from cpm_core.tables.derive import Catalog

if TYPE_CHECKING:
    import ibis.expr.types as ir

LABELS = "customer_labels"
COLUMNS = ("tier", "stage")
KEY = "customer_id"
MEMBERS = {"tier": (*TIERS, NEW_MEMBER), "stage": STAGES}
"""The members of each, in their order; who had no label is `new`, as a stage too."""


def there(name: str, catalog: Catalog) -> bool:
    """Whether a slice's name is that of a label that customers have."""
    return name in COLUMNS and not lacking(name, catalog)


def lacking(name: str, catalog: Catalog) -> str:
    """For want of which table or column customers do not have one of COLUMNS; empty if they have it."""
    if not catalog.is_computed(LABELS):
        return LABELS
    return catalog.missing(LABELS) or catalog.absent(LABELS).get(name, "")


def periods(catalog: Catalog) -> tuple[Period, ...]:
    """The measured periods for which customers are labelled: before the first row that labels rest on there are none."""
    behind = {table for table, _ in catalog.origins([(LABELS, KEY)])}
    first = catalog.first_day(behind) or catalog.first_day(catalog.delivered)
    if first is None:
        return ()
    return tuple(one for one in labelled(catalog.settings, catalog.periods) if one.start - timedelta(days=1) >= first)


def check(name: str, wanted: Iterable[Period], catalog: Catalog) -> None:
    """See that customers are labelled for some periods.

    Raises:
        MeasureError: They are not, and for which they are.
    """
    known = periods(catalog)
    lacking = sorted({one for one in wanted if one not in known})
    if lacking:
        have = ", ".join(one.label for one in known) or "no period"
        raise MeasureError(
            f"nobody has a {name} from before {', '.join(one.label for one in lacking)}: labels are made for {have}",
            fix="Set `tier_history: true` for all periods before which there are rows.",
        )


def joined(relation: ir.Table, columns: Sequence[tuple[int, str]], catalog: Catalog) -> ir.Table:
    """Add `slice_<i>` for labels, by `customer_id` and `period_start`.

    Who has none in a labelled period is `new`; in a period that is not labelled the member is null.

    Args:
        relation: Rows with both columns.
        columns: The number of each slice, and the label.
        catalog: The tables.
    """
    labels = catalog.unbound(LABELS)
    names = {i: f"slice_{i}" for i, _ in columns}
    picked = labels.select(
        _who=labels[KEY], _held_on=labels["period_start"], **{names[i]: labels[column] for i, column in columns}
    )
    both = relation.left_join(picked, [relation[KEY] == picked["_who"], relation["period_start"] == picked["_held_on"]])
    inside = both["period_start"].isin([ibis.literal(one.start) for one in periods(catalog)])
    nobody = both[KEY].isnull()
    members = {
        name: ibis.cases(
            (~inside, ibis.null("string")), (nobody, ibis.literal(NO_MEMBER)), else_=both[name].fill_null(NEW_MEMBER)
        )
        for name in names.values()
    }
    return both.select(*relation.columns, **members)
