"""From matched columns to rules: formats, constants, kinds and scales that the vocabulary wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cpm_core.checks.proposing import words
from cpm_core.checks.proposing.matching import ANNUAL, PRICE, Match
from cpm_core.checks.proposing.proposal import Proposal, Rule
from cpm_core.checks.proposing.shapes import Reading
from cpm_core.checks.proposing.sheets import quoted
from cpm_core.model.text import Text

_BY_NAME = Text(en="a guess from the name {name!r}", zh="仅根据列名 {name!r} 推测")
_UNREAD = Text(en="{n} of {all} values tried cannot be read so", zh="抽查 {all} 个值，其中 {n} 个无法按此读取")
_EITHER = Text(en="it can be read in two ways; {other} fits as well", zh="有两种读法，{other} 同样适用")
_NO_KEY = Text(en="no column is its key: rows are numbered", zh="没有主键列，按行号编号")
_ALL_SALES = Text(
    en="no column tells returns from sales, and no amount is below zero: all are sales",
    zh="没有区分销售与退货的列，也没有负金额：全部视为销售",
)
_BY_SIGN = Text(en="amounts below zero are taken as returns", zh="负金额视为退货")
_RETURNS = Text(en="read as returns: {values}; all others are sales", zh="视为退货：{values}；其余为销售")
_NO_CUSTOMER = Text(en="no column names the customer; {name!r} is taken", zh="没有客户编号列，暂用 {name!r}")
_PRICED = Text(en="quantity × price: no column holds the amount", zh="没有金额列，按数量 × 单价计算")
_KINDS = Text(en="read from {values}; other values stay as they are", zh="由 {values} 转换而来；其他值保持原样")
_KIND = Text(en="guessed from the scores, {low} to {high}", zh="根据得分范围 {low} 至 {high} 推测")
_SCALE = Text(en="guessed from the scores, {low} to {high}", zh="根据得分范围 {low} 至 {high} 推测")
_ANSWERED = Text(en="no column says when it was answered: taken as sent", zh="没有回答时间列，暂用发送时间")
_CONSTANT = Text(en="no column says it: one word for all", zh="没有对应的列，统一取同一个值")
_ANNUAL = Text(en="a twelfth of {name!r}", zh="取 {name!r} 的十二分之一")


def filled(match: Match) -> Proposal:
    """A table's rules: for each matched column how it is read, and what required columns are made of."""
    proposal = Proposal(match)
    for column in match.spec.columns:
        if column.name in match.picks:
            proposal.rules.append(_read(match, column.name, column.type))
    if filler := _FILLERS.get(match.table):
        filler(proposal)
    _key(proposal)
    _customer(proposal)
    order = [column.name for column in match.spec.columns]
    proposal.rules.sort(key=lambda rule: order.index(rule.column))
    proposal.time = _time(match)
    return proposal


def _read(match: Match, canonical: str, kind: str) -> Rule:
    name = match.picks[canonical]
    shape = match.shape(canonical)
    reading: Reading | None = None
    if kind == "timestamp":
        reading = shape.time
    elif kind in ("decimal", "float64", "int64"):
        reading = shape.number
    doubt = _BY_NAME.format(name=name) if canonical in match.doubts else None
    if reading is not None and reading.unread:
        doubt = _UNREAD.format(n=reading.unread, all=shape.filled)
    if reading is not None and reading.other:
        doubt = _EITHER.format(other=reading.other)
    if reading is None or reading.direct:
        return Rule(canonical, "name", name, doubt)
    return Rule(canonical, "sql", reading.text(name), doubt)


def _time(match: Match) -> str:
    """SQL of the time that says when a row came to be."""
    there = [canonical for canonical in match.spec.time if canonical in match.picks]
    readings = [(match.shape(canonical).time, match.picks[canonical]) for canonical in there]
    parsed = [reading.parsed(name) for reading, name in readings if reading is not None]
    return f"coalesce({', '.join(parsed)})" if len(parsed) > 1 else "".join(parsed)


def number(match: Match, canonical: str) -> str:
    """SQL of a matched column as an exact number."""
    reading = match.shape(canonical).number or Reading()
    return reading.number(match.picks[canonical])


def _add(proposal: Proposal, rule: Rule) -> None:
    proposal.rules = [one for one in proposal.rules if one.column != rule.column] + [rule]


def _lacks(proposal: Proposal, column: str) -> bool:
    return all(rule.column != column for rule in proposal.rules)


def _key(proposal: Proposal) -> None:
    spec = proposal.match.spec
    for name in spec.key:
        column = spec.column(name)
        if _lacks(proposal, name) and name.endswith(("_id", "_no")) and column is not None and column.required:
            _add(proposal, Rule(name, "sql", "row_number() OVER ()", _NO_KEY))


def _customer(proposal: Proposal) -> None:
    """Without a customer's number, a mail address or a name tells customers apart."""
    match = proposal.match
    column = match.spec.column("customer_id")
    if column is None or not _lacks(proposal, "customer_id"):
        return
    mails = [name for name, shape in match.shapes.items() if shape.is_mail]
    names = [name for name in match.left if words.likeness(name, words.COLUMNS["customers"]["name"]) >= 0.6]
    if found := mails or names:
        _add(proposal, Rule("customer_id", "name", found[0], _NO_CUSTOMER.format(name=found[0])))


def _cases(name: str, mapping: Mapping[str, str], other: str) -> str:
    """SQL that turns a column's values into others."""
    cases = " ".join(f"WHEN {literal(value)} THEN {literal(kind)}" for value, kind in mapping.items())
    return f"CASE {quoted(name)} {cases} ELSE {other} END"


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def returned(match: Match) -> list[str]:
    """Values of the kind column that mean a return."""
    return [v for v in match.shape("kind").values if words.is_one_of(v, words.RETURNS)] if "kind" in match.picks else []


def _orders(proposal: Proposal) -> None:
    match = proposal.match
    if "amount" not in match.picks and {PRICE, "quantity"} <= match.picks.keys():
        _add(proposal, Rule("amount", "sql", f"{number(match, 'quantity')} * {number(match, PRICE)}", _PRICED))
    values, returns = match.shape("kind").values if "kind" in match.picks else (), returned(match)
    amount = number(match, "amount" if "amount" in match.picks else "quantity")
    below = match.sheet.ask(f"count(*) FILTER ({amount} < 0)")[0]
    if values and set(values) <= {"sale", "return"}:
        _returns_below_zero(proposal, amount, returns)
    elif returns:
        told = _RETURNS.format(values=", ".join(returns))
        sure = all(value in returns or words.is_one_of(value, words.SALES) for value in values)
        cases = _cases(match.picks["kind"], dict.fromkeys(returns, "return"), "'sale'")
        _add(proposal, Rule("kind", "sql", cases, None if sure else told))
        _returns_below_zero(proposal, amount, returns)
    elif below:
        _add(proposal, Rule("kind", "sql", f"CASE WHEN {amount} < 0 THEN 'return' ELSE 'sale' END", _BY_SIGN))
    else:
        _add(proposal, Rule("kind", "value", "sale", _ALL_SALES))


def _returns_below_zero(proposal: Proposal, amount: str, returns: list[str]) -> None:
    """Where returns are written without a sign, they get one."""
    match = proposal.match
    if not returns:
        return
    kind = f"{quoted(match.picks['kind'])} IN ({', '.join(map(literal, returns))})"
    if "amount" in match.picks and match.sheet.ask(f"count(*) FILTER ({kind} AND {amount} > 0)")[0]:
        _add(proposal, Rule("amount", "sql", f"CASE WHEN {kind} THEN -abs({amount}) ELSE {amount} END"))


def _order_lines(proposal: Proposal) -> None:
    match = proposal.match
    if "amount" not in match.picks and {PRICE, "quantity"} <= match.picks.keys():
        _add(proposal, Rule("amount", "sql", f"{number(match, 'quantity')} * {number(match, PRICE)}", _PRICED))


def _tickets(proposal: Proposal) -> None:
    kinds = {"complaint": words.COMPLAINTS, "question": words.QUESTIONS}
    if "kind" in proposal.match.picks and not kinds.keys() & set(proposal.match.shape("kind").values):
        _kinds(proposal, kinds)


def _kinds(proposal: Proposal, kinds: Mapping[str, str]) -> None:
    """Words of the vocabulary for a kind column's own words."""
    match = proposal.match
    if "kind" not in match.picks:
        return
    mapping: dict[str, str] = {}
    for value in match.shape("kind").values:
        kind = next((kind for kind, names in kinds.items() if words.is_one_of(value, names)), None)
        if kind is not None:
            mapping[value] = kind
    if all(value == kind for value, kind in mapping.items()):
        return
    name = match.picks["kind"]
    told = _KINDS.format(values=", ".join(f"{value} → {kind}" for value, kind in mapping.items()))
    sure = len(mapping) == len(match.shape("kind").values)
    _add(proposal, Rule("kind", "sql", _cases(name, mapping, quoted(name)), None if sure else told))


def _surveys(proposal: Proposal) -> None:
    match = proposal.match
    low, high = match.sheet.ask(f"min({number(match, 'score')}), max({number(match, 'score')})")
    label = f"{match.sheet.files[0].stem} {match.sheet.sheet or ''} {match.picks['score']}"
    if "kind" in match.picks:
        _kinds(proposal, words.SURVEY_KINDS)
    else:
        named = [kind for kind, names in words.SURVEY_KINDS.items() if words.is_one_of(label, names)]
        kind = "nps" if high is not None and low >= 0 and 7 < high <= 10 and named[:1] != ["csat"] else "csat"
        kind = named[0] if named and (named[0] != "nps" or high <= 10) else kind
        sure = bool(named)
        doubt = None if sure else _KIND.format(low=_short(low), high=_short(high))
        _add(proposal, Rule("kind", "value", kind, doubt))
    _scale(proposal, low, high)
    if _lacks(proposal, "responded_at") and "sent_at" in match.picks:
        rule = next(rule for rule in proposal.rules if rule.column == "sent_at")
        _add(proposal, Rule("responded_at", rule.how, rule.what, _ANSWERED))


def _scale(proposal: Proposal, low: object, high: object) -> None:
    """The ends of the scale: 0 to 10 for NPS, else the usual scale that holds the scores."""
    match = proposal.match
    meant = _meant(match) or {rule.what for rule in proposal.rules if rule.column == "kind"}
    doubt = _SCALE.format(low=_short(low), high=_short(high))
    if "nps" in meant and len(meant) > 1:
        asked = f"{quoted(match.picks['kind'])} IN ({', '.join(map(literal, _named_nps(match)))})"
        others = match.sheet.ask(f"min({number(match, 'score')}), max({number(match, 'score')})", where=f"NOT {asked}")
        for column, end, of_nps in zip(("scale_min", "scale_max"), _usual(*others), (0, 10), strict=True):
            if _lacks(proposal, column):
                _add(proposal, Rule(column, "sql", f"CASE WHEN {asked} THEN {of_nps} ELSE {end} END", doubt))
        return
    ends = (0, 10) if meant == {"nps"} else _usual(low, high)
    for column, end in zip(("scale_min", "scale_max"), ends, strict=True):
        if _lacks(proposal, column):
            _add(proposal, Rule(column, "value", str(end), None if meant == {"nps"} else doubt))


def _meant(match: Match) -> set[str]:
    """The kinds of survey that a kind column names."""
    found = set()
    for value in match.shape("kind").values if "kind" in match.picks else ():
        found |= {next((k for k, names in words.SURVEY_KINDS.items() if words.is_one_of(value, names)), value)}
    return found


def _named_nps(match: Match) -> list[str]:
    return [v for v in match.shape("kind").values if words.is_one_of(v, words.SURVEY_KINDS["nps"])]


def _usual(low: object, high: object) -> tuple[int, int]:
    """The usual scale that holds scores from ``low`` to ``high``: yes or no, 1 to 5, 7, 10 or 100."""
    least, most = float(str(low if low is not None else 1)), float(str(high if high is not None else 5))
    top = next((top for top in (1, 5, 7, 10, 100) if most <= top), round(most))
    return (0 if least < 1 or top == 1 else 1), top


def _short(value: object) -> str:
    return "?" if value is None else f"{float(str(value)):g}"


def _interactions(proposal: Proposal) -> None:
    if _lacks(proposal, "kind"):
        _add(proposal, Rule("kind", "value", "contact", _CONSTANT))


def _subscriptions(proposal: Proposal) -> None:
    match = proposal.match
    if _lacks(proposal, "monthly_amount"):
        made = f"{number(match, ANNUAL)} / 12"
        _add(proposal, Rule("monthly_amount", "sql", made, _ANNUAL.format(name=match.picks[ANNUAL])))


def _points(proposal: Proposal) -> None:
    match = proposal.match
    if "kind" in match.picks:
        _kinds(proposal, words.POINT_KINDS)
    else:
        case = f"CASE WHEN {number(match, 'points')} < 0 THEN 'redeem' ELSE 'earn' END"
        _add(proposal, Rule("kind", "sql", case, _BY_SIGN))


def _costs(proposal: Proposal) -> None:
    if _lacks(proposal, "center"):
        _add(proposal, Rule("center", "value", "all", _CONSTANT))


_FILLERS: Mapping[str, Callable[[Proposal], None]] = {
    "orders": _orders,
    "order_lines": _order_lines,
    "tickets": _tickets,
    "surveys": _surveys,
    "interactions": _interactions,
    "subscriptions": _subscriptions,
    "points": _points,
    "costs": _costs,
}
