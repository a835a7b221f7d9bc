"""The plan of action as a section: what is spent, on whom, and what each tier takes."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from cpm_core.model.rules import STAGE_TITLES, TIER_TITLES
from cpm_core.model.text import Locale, Text
from cpm_core.report import format as fmt
from cpm_core.report.fragment import Fragment, section
from cpm_core.report.table import table

if TYPE_CHECKING:
    from cpm_core.report.plan_view import Plan

MOST = 12
"""Customers that the page names; all are in actions.csv and workbook.xlsx."""

TITLE = Text(en="Plan of action", zh="行动计划")
LEAD = Text(
    en="{chosen} of {eligible} eligible customers get an action. It costs {cost}{of_budget} and takes {hours}{of_hours}, "
    "and is expected to save {saved} of value.",
    zh="{eligible}位符合条件的客户中有{chosen}位列入行动，共需{cost}{of_budget}和{hours}{of_hours}，预计可挽回价值{saved}。",
)
OF_BUDGET = Text(en=" of a budget of {budget}", zh="（预算{budget}）")
OF_HOURS = Text(en=" of {hours}", zh="（可用工时{hours}）")
HELD = Text(
    en="{held} are held back at random ({share} of each action's customers, seed {seed}). Of them {compared} would have "
    "been chosen: compare these with the chosen to see what the actions did.",
    zh="另有{held}位随机保留为对照组（占每项行动客户的{share}，随机种子{seed}），其中{compared}位若不保留则会入选："
    "将这部分客户与入选客户比较，即可衡量行动的实际效果。",
)
NOBODY = Text(en="No customer is eligible for an action.", zh="没有符合条件的客户。")
BASIS = {
    "value": Text(
        en="What an action saves is an estimate: its share (from the playbook) of the customer's value at risk, which is "
        "the expected value of the next 12 months times the probability that the customer is gone. Each customer gets "
        "at most one action, the one that is worth most beyond its cost.",
        zh="挽回价值为估计值：行动手册设定的比例乘以客户的风险价值，即未来12个月的预期价值与客户已流失概率之积。"
        "每位客户至多列入一项行动，取扣除成本后价值最高的一项。",
    ),
    "revenue": Text(
        en="No value model is published, so customers are weighed by the revenue of the trailing year. That tells nothing "
        "of who would have stayed anyway: what is said to be saved is an upper bound rather than an expectation. Each "
        "customer gets at most one action, the one that is worth most beyond its cost.",
        zh="由于没有可用的价值模型，客户按近一年净销售额加权。它无法反映哪些客户本来就会留下，因此挽回价值应视为上限而非期望值。"
        "每位客户至多列入一项行动，取扣除成本后价值最高的一项。",
    ),
}
ACTION, ELIGIBLE = Text(en="Action", zh="行动"), Text(en="Eligible", zh="符合条件")
CHOSEN, HELD_BACK = Text(en="Chosen", zh="入选"), Text(en="Held back", zh="对照组")
LEFT = Text(en="Left out", zh="未入选")
LIMITS = Text(en="{n} for want of money or hours", zh="{n}位因预算或工时不足")
WORTH = Text(en="{n} not worth the cost", zh="{n}位不抵成本")
COST, HOURS = Text(en="Cost", zh="成本"), Text(en="Hours", zh="工时")
SAVED = Text(en="Expected to save", zh="预计挽回")
FIRST = Text(en="First in line", zh="优先客户")
MORE = Text(
    en="The {shown} with most to save of {all}; all, with whom is held back or left out and why, are in actions.csv.",
    zh="仅列出{all}位入选客户中预计挽回最多的{shown}位；全部名单及对照组、未入选者和原因见 actions.csv。",
)
CUSTOMER, TIER, STAGE = Text(en="Customer", zh="客户"), Text(en="Tier", zh="等级"), Text(en="Stage", zh="阶段")
WHY = Text(en="Why", zh="理由")
RESOURCES = Text(en="What each tier takes", zh="各等级所需资源")
RESOURCES_KEY = Text(
    en="Service is what the params grant each customer of a tier; it is no part of the plan's budget and hours.",
    zh="“服务”指参数中为各等级每位客户配置的固定投入，不计入计划的预算与工时。",
)
CUSTOMERS, SERVICE = Text(en="Customers", zh="客户数"), Text(en="Service", zh="服务")
ACTIONS, TOGETHER = Text(en="Actions", zh="行动"), Text(en="Together", zh="合计投入")
WHOLE = Text(en="All", zh="合计")


def hours_words(hours: Decimal, locale: Locale) -> str:
    """Hours as exactly as they are: `12.5 h`."""
    return f"{hours.normalize():,f}" + ("小时" if locale == "zh" else "\u00a0h")


def render(plan: Plan) -> Fragment:
    """The section."""
    locale = plan.locale
    parts, text = [], []
    if plan.keys.use or plan.keys.actions:
        words = _lead(plan)
        parts += [f'<p class="intro">{escape(one)}</p>' for one in words]
        text += words
        if len(plan.frame):
            parts += [_by_action(plan), *_first(plan)]
        parts.append(f'<p class="key">{escape(BASIS[plan.basis].in_(locale))}</p>')
    parts.append(f"<h3>{escape(RESOURCES.in_(locale))}</h3>{_resources(plan)}")
    if plan.keys.service:
        parts.append(f'<p class="key">{escape(RESOURCES_KEY.in_(locale))}</p>')
    text += [
        f"{one.title}  {one.chosen} / {one.eligible}  {_money(one.cost, plan)}  {hours_words(Decimal(str(one.hours)), locale)}  "
        f"{_money(one.expected_saved, plan)}"
        for one in plan.actions.itertuples()
    ]
    return section("plan", TITLE.in_(locale), "".join(parts), locale, "\n".join(text))


def _lead(plan: Plan) -> list[str]:
    locale, keys = plan.locale, plan.keys
    if plan.frame.empty:
        return [NOBODY.in_(locale)]
    of_budget = OF_BUDGET.in_(locale).format(budget=_money(keys.budget, plan)) if keys.budget is not None else ""
    of_hours = OF_HOURS.in_(locale).format(hours=hours_words(keys.hours, locale)) if keys.hours is not None else ""
    told = [
        LEAD.in_(locale).format(
            chosen=fmt.count(len(plan.chosen)),
            eligible=fmt.count(len(plan.frame)),
            cost=_money(plan.cost, plan),
            hours=hours_words(plan.hours, locale),
            saved=_money(plan.chosen["expected_saved"].sum(), plan),
            of_budget=of_budget,
            of_hours=of_hours,
        )
    ]
    held = plan.frame["held_back"].astype(bool)
    if held.any():
        compared = fmt.count(int(plan.frame.loc[held, "compared"].sum()))
        share = fmt.value(keys.control_share, "percent", locale)
        told.append(
            HELD.in_(locale).format(held=fmt.count(int(held.sum())), share=share, seed=keys.seed, compared=compared)
        )
    return told


def cards(html: str) -> str:
    """A table whose rows become cards on a narrow screen."""
    return html.replace('class="gt_table', 'class="gt_table t-card', 1)


def _money(value: Any, plan: Plan) -> str:
    return fmt.value(value, "money", plan.locale, plan.currency)


def _by_action(plan: Plan) -> str:
    locale = plan.locale
    heads = [("action", ACTION), ("eligible", ELIGIBLE), ("chosen", CHOSEN), ("held", HELD_BACK), ("left", LEFT)]
    heads += [("cost", COST), ("hours", HOURS), ("saved", SAVED)]
    rows = []
    for one in plan.actions.to_dict("records"):
        left = [
            words.in_(locale).format(n=fmt.count(one[name]))
            for name, words in (("over_limits", LIMITS), ("not_worth", WORTH))
            if one[name]
        ]
        owner = f'<span class="sub">{escape(one["owner"])}</span>' if one["owner"] else ""
        rows.append(
            [
                f'<span class="name">{escape(one["title"])}</span>{owner}',
                *(fmt.count(one[name]) for name in ("eligible", "chosen", "held_back")),
                "<br>".join(map(escape, left)) or fmt.DASH,
                escape(_money(one["cost"], plan)),
                escape(hours_words(one["hours"], locale)),
                escape(_money(one["expected_saved"], plan)),
            ]
        )
    return cards(table("plan-actions", [(name, title.in_(locale)) for name, title in heads], rows))


def _first(plan: Plan) -> list[str]:
    locale, chosen = plan.locale, plan.chosen
    if chosen.empty:
        return []
    heads = [
        ("customer", CUSTOMER),
        ("tier", TIER),
        ("stage", STAGE),
        ("action", ACTION),
        ("saved", SAVED),
        ("why", WHY),
    ]
    rows = [
        [
            f'<span class="name">{escape(one["customer_id"])}</span>',
            escape(label(one["tier"], TIER_TITLES, locale)),
            escape(label(one["stage"], STAGE_TITLES, locale)),
            escape(one["title"]),
            escape(_money(one["expected_saved"], plan)),
            escape(one["reason"]),
        ]
        for one in chosen.head(MOST).to_dict("records")
    ]
    grid = cards(table("plan-first", [(name, title.in_(locale)) for name, title in heads], rows))
    words = MORE.in_(locale).format(shown=len(rows), all=fmt.count(len(chosen)))
    return [f"<h3>{escape(FIRST.in_(locale))}</h3>{grid}", f'<p class="key">{escape(words)}</p>']


def label(name: Any, titles: Any, locale: Locale) -> str:
    """A tier or stage in words; an en dash if there is none."""
    if not isinstance(name, str) or not name:
        return fmt.DASH
    return titles[name].in_(locale) if name in titles else name


def _resources(plan: Plan) -> str:
    locale, service = plan.locale, bool(plan.keys.service)
    heads = [("tier", TIER), ("customers", CUSTOMERS), *([("service", SERVICE)] if service else [])]
    heads += [("actions", ACTIONS), *([("together", TOGETHER)] if service else []), ("saved", SAVED)]
    rows = []
    for one in plan.resources.to_dict("records"):
        name = label(one["tier"], TIER_TITLES, locale) if one["tier"] else WHOLE.in_(locale)

        def spent(cost: str, hours: str, row: dict[Any, Any] = one) -> str:
            return (
                f'{escape(_money(row[cost], plan))}<span class="sub">{escape(hours_words(row[hours], locale))}</span>'
            )

        cells = [f'<span class="name">{escape(name)}</span>', fmt.count(one["customers"])]
        cells += [spent("service_cost", "service_hours")] if service else []
        cells += [spent("action_cost", "action_hours")]
        cells += [spent("cost", "hours")] if service else []
        rows.append([*cells, escape(_money(one["expected_saved"], plan))])
    return cards(table("plan-resources", [(name, title.in_(locale)) for name, title in heads], rows))
