"""Which base table a sheet is, and which of its columns is which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cpm_core.checks.proposing import words
from cpm_core.checks.proposing.shapes import Shape, shapes_of
from cpm_core.checks.proposing.sheets import Sheet
from cpm_core.model.tables import Column, TableSpec

AGAIN = 4.0
"""Least score of a further sheet of a table: that of its key, time and amount, or its name with them."""
SECOND = 0.6
"""A sheet is read as another table than its best one if that scores at least this share of the best."""
LIKELY = 0.5
"""Least likeness of a name that counts."""
ESSENTIAL: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "customers": (("customer_id",),),
    "orders": (("ordered_at",), ("amount", "unit_price"), ("order_id", "customer_id")),
    "order_lines": (("order_id",), ("product_id", "line_no"), ("amount", "unit_price")),
    "tickets": (("opened_at",), ("ticket_id", "first_response_at", "resolved_at")),
    "surveys": (("score",), ("responded_at", "sent_at")),
    "interactions": (("occurred_at",), ("interaction_id", "kind", "campaign"), ("customer_id",)),
    "subscriptions": (("started_at",), ("monthly_amount", "annual_amount")),
    "points": (("points",), ("occurred_at",), ("customer_id",)),
    "costs": (("occurred_at",), ("amount",), ("center", "cost_id")),
}
"""Of each group at least one column must be found, else the sheet is not that table."""
MADE = ("kind", "scale_min", "scale_max", "line_no", "monthly_amount")
"""Required columns that are made of others where no column is them."""
PRICE, ANNUAL = "unit_price", "annual_amount"
"""Not of the vocabulary of orders and of contracts, but amounts are made of them."""


@dataclass
class Match:
    """A sheet read as one base table.

    Attributes:
        picks: Source column by canonical column.
        doubts: Canonical columns whose name alone does not settle it.
    """

    sheet: Sheet
    spec: TableSpec
    shapes: Mapping[str, Shape]
    picks: dict[str, str]
    doubts: set[str] = field(default_factory=set)
    score: float = 0.0

    @property
    def table(self) -> str:
        """The base table."""
        return self.spec.id

    def shape(self, canonical: str) -> Shape:
        """The values of the column that was picked."""
        return self.shapes[self.picks[canonical]]

    @property
    def left(self) -> list[str]:
        """Columns that nothing was made of."""
        return [column.name for column in self.sheet.columns if column.name not in self.picks.values()]


def matched(sheets: Sequence[Sheet], specs: Mapping[str, TableSpec]) -> tuple[list[Match], list[Sheet]]:
    """The best reading of each sheet, one a table first, then further sheets of these; and sheets that stay over."""
    readings = {id(sheet): _readings(sheet, specs) for sheet in sheets}
    bests = {key: max((one.score for one in every), default=0.0) for key, every in readings.items()}
    likely = [one for key, every in readings.items() for one in every if one.score >= SECOND * bests[key]]
    found: list[Match] = []
    for match in sorted(likely, key=lambda one: -one.score):
        taken = any(match.sheet is one.sheet or match.table == one.table for one in found)
        if not taken:
            found.append(match)
    order = list(specs)
    found.sort(key=lambda one: order.index(one.table))
    left = [sheet for sheet in sheets if all(sheet is not one.sheet for one in found)]
    again = [one for sheet in left for one in readings[id(sheet)] if AGAIN <= one.score == bests[id(sheet)]]
    return found + again, [sheet for sheet in left if all(sheet is not one.sheet for one in again)]


def _readings(sheet: Sheet, specs: Mapping[str, TableSpec]) -> list[Match]:
    shapes = dict(shapes_of(sheet))
    made = [reading(sheet, specs[table], shapes) for table in words.COLUMNS if table in specs]
    return [match for match in made if match is not None]


def reading(sheet: Sheet, spec: TableSpec, shapes: Mapping[str, Shape] | None = None) -> Match | None:
    """A sheet as one table; None if something essential is not in it."""
    if spec.id not in words.COLUMNS:
        return None
    shapes = dict(shapes_of(sheet)) if shapes is None else shapes
    known = {name: f"{name.replace('_', ' ')}|{names}" for name, names in words.COLUMNS[spec.id].items()}
    columns = {name: spec.column(name) or Column(name) for name in known}
    for table, name, names in (("orders", PRICE, words.PRICE), ("subscriptions", ANNUAL, words.ANNUAL)):
        if spec.id == table:
            known[name], columns[name] = names, Column(name, "decimal")
    likely = sorted(
        (
            (likeness, canonical, name)
            for canonical, names in known.items()
            for name, shape in shapes.items()
            if (likeness := _likeness(canonical, columns[canonical], names, name, shape, spec)) >= LIKELY
        ),
        key=lambda one: (-one[0], list(known).index(one[1])),
    )
    match = Match(sheet, spec, shapes, {})
    for likeness, canonical, name in likely:
        if canonical not in match.picks and name not in match.picks.values():
            match.picks[canonical] = name
            weighty = columns[canonical].required or any(canonical in group for group in ESSENTIAL[spec.id])
            match.score += likeness * (2.0 if weighty else 0.7)
            if likeness < 0.7:
                match.doubts.add(canonical)
    if spec.id == "orders" and len(match.picks) >= 2:
        _only_ones(match, columns)
    if not all(any(one in match.picks for one in group) for group in ESSENTIAL[spec.id]):
        return None
    match.score += _of_the_whole(match)
    return match


def _only_ones(match: Match, columns: Mapping[str, Column]) -> None:
    """A time or an amount that no name tells is the only column of its type, if there is only one."""
    for canonical in ("ordered_at", "amount"):
        open_ones = [name for name in match.left if name in match.shapes]
        fitting = [name for name in open_ones if _of_type(columns[canonical], match.shapes[name])]
        if canonical not in match.picks and PRICE not in match.picks and len(fitting) == 1:
            match.picks[canonical] = fitting[0]
            match.doubts.add(canonical)


def _likeness(canonical: str, column: Column, names: str, name: str, shape: Shape, spec: TableSpec) -> float:
    """How likely a source column is a canonical one: by its name, if its values are of the type."""
    likeness = words.likeness(name, names)
    if shape.is_mail:
        return max(likeness, 0.95) if canonical == "email" else likeness if canonical == "customer_id" else 0.0
    if likeness < LIKELY or not _of_type(column, shape):
        return 0.0
    if len(spec.key) == 1 and canonical == spec.key[0] and shape.column.distinct < 0.9 * shape.column.filled:
        return likeness - 0.45  # the key of another table
    return likeness


def _of_type(column: Column, shape: Shape) -> bool:
    if column.type == "timestamp":
        return shape.time is not None
    if column.type in ("decimal", "float64", "int64"):
        return shape.number is not None
    # A time is no word of the vocabulary.
    return shape.time is None or shape.number is not None


def _of_the_whole(match: Match) -> float:
    """What speaks for a table beside its columns: its name, and that rows have the key that they should."""
    label = [match.sheet.files[0].stem] if match.sheet.sheet is None else [match.sheet.sheet]
    points = 3.0 * max(words.likeness(name, words.TABLES[match.table]) for name in label)
    around = match.sheet.files[0].parent.name if match.sheet.sheet is None else match.sheet.files[0].stem
    points += words.likeness(around, words.TABLES[match.table])
    missing = [c.name for c in match.spec.columns if c.required and c.name not in match.picks]
    points -= sum(0.1 if name in MADE else 0.6 for name in missing)
    if match.table == "customers":
        key = match.sheet.column(match.picks["customer_id"])
        points += 2.0 if key.distinct >= 0.98 * key.filled else -6.0
    if match.table == "order_lines":
        key = match.sheet.column(match.picks["order_id"])
        points += 1.0 if key.distinct < 0.9 * key.filled else -4.0
    return points
