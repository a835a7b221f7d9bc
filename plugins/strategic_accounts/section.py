"""A section of the page: the customers at risk, those with the most revenue first."""

from html import escape

from cpm_core.api import STAGES, TIERS, Section, Text

from .rule import STRATEGIC_ACCOUNTS

SHOWN = 10

_COLUMNS = (
    Text(en="Customer", zh="客户"),
    Text(en="Tier", zh="等级"),
    Text(en="Stage", zh="阶段"),
    Text(en="Revenue of the trailing year", zh="近一年净销售额"),
    Text(en="Days since the last sale", zh="距最近一次购买的天数"),
)
_SAID = Text(
    en="{n} of {all} customers are at risk or dormant as of {day}. They brought {share:.0%} of the revenue of the "
    "trailing year; the {shown} with the most are shown.",
    zh="截至 {day}，{all} 位客户中有 {n} 位处于流失风险或沉睡阶段，占近一年净销售额的 {share:.0%}。以下为其中金额最高的 {shown} 位。",
)
_NOBODY = Text(en="Nobody is at risk or dormant as of {day}.", zh="截至 {day}，没有客户处于流失风险或沉睡阶段。")
_TIERS = {
    "VIP": Text(en="VIP", zh="VIP 客户"),
    "key": Text(en="Key", zh="重点客户"),
    "ordinary": Text(en="Ordinary", zh="普通客户"),
}
assert set(_TIERS) == set(TIERS)
_STAGES = {"at_risk": Text(en="At risk", zh="流失风险"), "dormant": Text(en="Dormant", zh="沉睡客户")}
assert set(_STAGES) <= set(STAGES)


def at_risk(customers):
    """The customers at risk, most revenue first, ties by id."""
    found = customers[customers["stage"].isin(list(_STAGES))]
    return found.sort_values(["trailing_revenue", "customer_id"], ascending=[False, True])


def render(book):
    """A sentence and a table; None in a workbook of another tier rule, and without stages or revenue."""
    if book.params.tiers.rule != STRATEGIC_ACCOUNTS.id:
        return None
    customers, locale, day = book.customers(), book.locale, book.settings.as_of
    if not {"stage", "trailing_revenue"} <= set(customers.columns):
        return None
    found = at_risk(customers)
    if found.empty:
        return f"<p>{_NOBODY.format(day=day).in_(locale)}</p>"
    whole, theirs = float(customers["trailing_revenue"].sum()), float(found["trailing_revenue"].sum())
    said = _SAID.format(
        n=len(found), all=len(customers), day=day, share=theirs / whole if whole else 0, shown=min(SHOWN, len(found))
    )
    head = "".join(f"<th>{escape(title.in_(locale))}</th>" for title in _COLUMNS)
    rows = "".join(_row(one, locale) for one in found.head(SHOWN).to_dict("records"))
    table = f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f"<p>{escape(said.in_(locale))}</p>{table}"


def _row(customer, locale):
    """One customer; without a tier rule that can be applied, no tier."""
    tier = customer.get("tier")
    cells = (
        str(customer["customer_id"]),
        _TIERS[tier].in_(locale) if tier in _TIERS else "–",
        _STAGES[customer["stage"]].in_(locale),
        f"{float(customer['trailing_revenue']):,.0f}",
        f"{int(customer['recency_days']):,}",
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


AT_RISK = Section(
    id="customers_at_risk", title=Text(en="Customers at risk", zh="有流失风险的客户"), render=render, order=50
)
