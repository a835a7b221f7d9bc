"""Files with several lines an order: a query that adds them up to orders, and one that tells customers."""

from __future__ import annotations

from cpm_core.checks.proposing import words
from cpm_core.checks.proposing.fill import literal, number, returned
from cpm_core.checks.proposing.matching import PRICE, Match
from cpm_core.checks.proposing.proposal import Proposal
from cpm_core.checks.proposing.sheets import quoted
from cpm_core.model.text import Text

MOST = 0.98
"""Orders a row above which lines are not added up."""
_LINE = "line_amount"
_LINES = Text(
    en="a row is a line of an order ({rows:,} rows, {orders:,} orders): lines are added up",
    zh="每行是订单的一条明细（共 {rows:,} 行、{orders:,} 个订单），已按订单汇总",
)
_REPEATED = Text(
    en="{name!r} is the same on all lines of an order: taken once", zh="{name!r} 在同一订单各行相同，只取一次"
)
_SIGN = Text(en="orders that add up below zero are taken as returns", zh="合计为负的订单视为退货")
_LAST = Text(
    en="a customer's {columns}: that of the last order in the file",
    zh="客户的 {columns} 取其在文件中最后一笔订单的值",
)


def has_lines(match: Match) -> bool:
    """Whether rows are lines of orders, several of one order."""
    if match.table not in ("orders", "order_lines") or "order_id" not in match.picks:
        return False
    order = quoted(match.picks["order_id"])
    customer = f", {quoted(match.picks['customer_id'])}" if "customer_id" in match.picks else ""
    return int(match.sheet.ask(f"count(DISTINCT ({order}{customer}))")[0]) < MOST * match.sheet.rows


def added_up(match: Match) -> Proposal:
    """Orders made of their lines. An order with a line that holds no number has no amount, and is refused."""
    proposal = Proposal(match)
    picks = match.picks
    line, told = _amount(match)
    time = match.shape("ordered_at").time
    assert time is not None
    proposal.time = time.parsed(picks["ordered_at"])
    groups = {name: quoted(picks[name]) for name in ("order_id", "customer_id") if name in picks}
    total = f"CASE WHEN bool_and({_LINE} IS NOT NULL) THEN {'max' if told else 'sum'}({_LINE}) END"
    kind = _kind(match)
    if returned(match):
        total = f"CASE {kind} WHEN 'return' THEN -abs({total}) ELSE {total} END"
    selects = [f"{source} AS {name}" for name, source in groups.items()]
    selects += [f"min({proposal.time}) AS ordered_at", f"{total} AS amount", f"{kind} AS kind"]
    selects += [f"sum({number(match, name)}) AS {name}" for name in ("quantity", "cost") if name in picks]
    selects += [f"any_value({quoted(picks[name])}) AS {name}" for name in ("channel",) if name in picks]
    selects += [f"any_value({quoted(name)}) AS {canonical}" for canonical, name in _of_customers(match).items()]
    proposal.query = (
        "SELECT " + ",\n       ".join(selects) + f"\nFROM (SELECT *, {line} AS {_LINE} FROM source)\n"
        f"GROUP BY {', '.join(groups.values())}"
    )
    orders = match.sheet.ask(f"count(DISTINCT {groups['order_id']})")[0]
    proposal.doubts = [_LINES.format(rows=match.sheet.rows, orders=orders), *([told] if told else [])]
    if not returned(match):
        proposal.doubts.append(_SIGN)
    return proposal


def _amount(match: Match) -> tuple[str, Text | None]:
    """SQL of a line's amount; with a note if a column repeats the whole order's on each line."""
    if "amount" not in match.picks:
        return f"{number(match, 'quantity')} * {number(match, PRICE)}", None
    amount = number(match, "amount")
    several, same = match.sheet.all(
        "SELECT count(*) FILTER (n > 1), count(*) FILTER (n > 1 AND low = high) FROM (SELECT count(*) AS n, "
        f"min({amount}) AS low, max({amount}) AS high FROM {match.sheet.relation} "
        f"GROUP BY {quoted(match.picks['order_id'])})"
    )[0]
    repeated = several >= 5 and same >= 0.95 * several
    return amount, _REPEATED.format(name=match.picks["amount"]) if repeated else None


def _kind(match: Match) -> str:
    if returns := returned(match):
        listed = ", ".join(map(literal, returns))
        return f"CASE WHEN bool_or({quoted(match.picks['kind'])} IN ({listed})) THEN 'return' ELSE 'sale' END"
    return f"CASE WHEN sum({_LINE}) < 0 THEN 'return' ELSE 'sale' END"


def _of_customers(match: Match) -> dict[str, str]:
    """Columns of the lines that tell of the customer: region, segment, industry; by canonical name."""
    found: dict[str, str] = {}
    for canonical in ("region", "segment", "industry"):
        for name in match.left:
            if name in match.shapes and name not in found.values():
                fits = words.likeness(name, words.COLUMNS["customers"][canonical]) >= 0.6
                if fits and canonical not in found and match.sheet.column(name).distinct <= 300:
                    found[canonical] = name
    return found


def customers_of(match: Match) -> Proposal | None:
    """Customers from the columns of orders that tell of them; None where there are none."""
    found = _of_customers(match)
    if not found or "customer_id" not in match.picks:
        return None
    time = match.shape("ordered_at").time
    assert time is not None
    parsed, customer = time.parsed(match.picks["ordered_at"]), quoted(match.picks["customer_id"])
    selects = [f"{customer} AS customer_id"]
    selects += [f"arg_max({quoted(name)}, {parsed}) AS {canonical}" for canonical, name in found.items()]
    proposal = Proposal(match, name="customers")
    proposal.query = (
        "SELECT " + ",\n       ".join(selects) + f"\nFROM source\nWHERE {customer} IS NOT NULL\nGROUP BY {customer}"
    )
    proposal.doubts = [_LAST.format(columns=", ".join(found))]
    return proposal
