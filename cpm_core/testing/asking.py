"""What contracts ask of a workbook of the kit: labels and rows, for one rule after the other on the same tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from cpm_core.testing.variants import TWIN

if TYPE_CHECKING:
    import pandas as pd

    from cpm_core.hooks.registry import Provided
    from cpm_core.model.actions import Action
    from cpm_core.model.rules import LifecycleRule
    from cpm_core.model.text import Locale
    from cpm_core.tables.derive import Catalog
    from cpm_core.workbook import Workbook

__all__ = ["TWIN", "customers", "eligible", "own_rows", "profile", "read_by", "rows", "stages", "tiers"]


def catalog_of(book: Workbook) -> Catalog:
    """The tables of a workbook."""
    return book._catalog  # noqa: SLF001  # the kit stands beside the workbook, and looks where its tables are


def rows(book: Workbook, table: str) -> pd.DataFrame:
    """All rows of a table, in the order of its key."""
    catalog = catalog_of(book)
    found: pd.DataFrame = catalog.engine.frame(catalog.unbound(table).order_by(list(catalog.key(table))))
    return found


def customers(book: Workbook) -> list[str]:
    """The ids of all customers."""
    return sorted(rows(book, "customers")["customer_id"])


def profile(book: Workbook) -> pd.DataFrame:
    """The customer profile."""
    from cpm_core.customers.profile import PROFILE

    return rows(book, PROFILE)


def own_rows(book: Workbook, column: str) -> list[str]:
    """The customers that a profile column's own function gives, as often as it gives them."""
    catalog, compute = catalog_of(book), book.registry.profile_columns[column].item.compute
    return sorted(catalog.engine.frame(_called(catalog, compute).select("customer_id"))["customer_id"])


def _called(catalog: Catalog, function: Callable[..., Any]) -> Any:
    """What a function of tables returns."""
    from cpm_core.model.tables import arguments_of

    needs = arguments_of(function)
    given: dict[str, Any] = {
        name: catalog.unbound(name) if catalog.missing(name) is None else None
        for name in (*needs.reads, *needs.optional)
    }
    return function(**given, **{name: catalog._given(name, catalog.settings) for name in needs.given})  # noqa: SLF001  # as above


def tiers(book: Workbook, use: Mapping[str, Any], locale: Locale = "en") -> pd.DataFrame:
    """Each customer's tier by a rule: `customer_id`, `tier`, `value`, `rank`, `reason` and more.

    Args:
        book: A workbook.
        use: The rule and its options, as in the params.
        locale: The language of the reasons.
    """
    from cpm_core.hooks.agreement import other_tiers

    tiering = book._tiered(other_tiers(book.params, use))  # noqa: SLF001  # as above
    tiering.required()
    return tiering.worded(book._told(tiering), locale)  # noqa: SLF001  # as above


def stages(
    book: Workbook,
    rule: Provided[LifecycleRule],
    options: Mapping[str, Any],
    locale: Locale = "en",
    day: date | None = None,
) -> pd.DataFrame:
    """Each customer's stage on a day, by a rule: `customer_id`, `stage`, `reason`, and `words`, the reason in words."""
    from cpm_core.customers.lifecycle import stages_at
    from cpm_core.customers.wording import worded
    from cpm_core.hooks.agreement import options_of
    from cpm_core.model.errors import ParamsError, Problem

    problems: list[Problem] = []
    typed = options_of(rule.item.options, options, book.params, ("lifecycle",), problems)
    if problems:
        raise ParamsError(problems)
    found = stages_at(catalog_of(book), rule, typed, book.settings, day or book.settings.as_of)
    found["words"] = worded(found, rule.item.reasons, "reason", locale)
    return found


def eligible(book: Workbook, action: Provided[Action]) -> list[str]:
    """The customers of any tier and stage for whom an action's condition holds."""
    from dataclasses import replace

    from cpm_core.customers import playbook

    anyone = replace(action, item=replace(action.item, tiers=(), stages=()))
    known = rows(book, "customers")[["customer_id"]]
    (found,) = playbook.eligible(catalog_of(book), [anyone], known)
    return sorted(known["customer_id"][found.fits])


def read_by(book: Workbook, when: Callable[[Any], Any] | None) -> set[str]:
    """The base tables that a condition on the profile is made of."""
    import ibis.expr.operations as ops

    from cpm_core.customers.profile import PROFILE

    if when is None:
        return set()
    catalog = catalog_of(book)
    used = {field.name for field in when(catalog.unbound(PROFILE)).op().find(ops.Field)} - {"customer_id"}
    return {table for table, _ in catalog.origins((PROFILE, name) for name in used)}
