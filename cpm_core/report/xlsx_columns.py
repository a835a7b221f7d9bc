"""Titles and widths of the columns in workbook.xlsx."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cpm_core.model.profile import PROFILE_COLUMNS
from cpm_core.model.text import Locale, Text
from cpm_core.report.format import UNITS
from cpm_core.report.provenance import BETTER
from cpm_core.report.scorecard_table import STATES, STATUS

SHEETS = {
    "scorecard": Text(en="scorecard", zh="记分卡"),
    "trends": Text(en="trends", zh="走势"),
    "facts": Text(en="facts", zh="明细数据"),
    "customers": Text(en="customers", zh="客户"),
    "tier_moves": Text(en="tier moves", zh="等级变动"),
    "plan": Text(en="plan", zh="行动计划"),
    "resources": Text(en="resources", zh="资源"),
    "rejects": Text(en="rejects", zh="拒收"),
    "about": Text(en="about", zh="说明"),
}
TITLES = {
    "title": Text(en="Title", zh="名称"),
    "value": Text(en="Value", zh="数值"),
    "low": Text(en="Interval from", zh="区间下限"),
    "high": Text(en="Interval to", zh="区间上限"),
    "n": Text(en="Rows (n)", zh="样本数"),
    "target_low": Text(en="Target at least", zh="目标下限"),
    "target_high": Text(en="Target at most", zh="目标上限"),
    "status": Text(en="Status", zh="达成情况"),
    "previous_period": Text(en="Period before", zh="上期"),
    "previous": Text(en="Value before", zh="上期数值"),
    "change": Text(en="Change", zh="变化"),
    "change_reason": Text(en="Why not compared", zh="未比较的原因"),
    "year_period": Text(en="Year before", zh="上年同期"),
    "year_ago": Text(en="Value a year before", zh="上年同期数值"),
    "year_change": Text(en="Change on the year", zh="同比变化"),
    "year_reason": Text(en="Why not compared with it", zh="未同比的原因"),
    "change_significant": Text(en="Change is more than noise", zh="变化显著"),
    "year_significant": Text(en="Change on the year is more than noise", zh="同比变化显著"),
    "signal": Text(en="Signal", zh="信号"),
    "signal_reason": Text(en="About the signal", zh="信号说明"),
    "state": Text(en="State", zh="状态"),
    "reason": Text(en="Reason", zh="原因"),
    "complete": Text(en="Complete", zh="完整"),
    "complete_reason": Text(en="Why not complete", zh="不完整的原因"),
    "numerator": Text(en="Numerator", zh="分子"),
    "denominator": Text(en="Denominator", zh="分母"),
    "beside": Text(en="Told beside it", zh="并列参考"),
    "unit": Text(en="Unit", zh="单位"),
    "better": Text(en="Better", zh="向好方向"),
    "kpi": Text(en="KPI", zh="指标"),
    "period": Text(en="Period", zh="期间"),
    "provider": Text(en="Provided by", zh="提供者"),
    "version": Text(en="Version", zh="版本"),
    "workbook": Text(en="Workbook", zh="工作簿"),
    "run": Text(en="Run", zh="运行"),
    "as_of": Text(en="As of", zh="截止日"),
    "period_start": Text(en="First day", zh="起始日"),
    "period_end": Text(en="Ends before", zh="结束日（不含）"),
    "slice": Text(en="Slice", zh="分组"),
    "member": Text(en="Member", zh="成员"),
    "definition": Text(en="Definition", zh="口径指纹"),
    "customer_id": Text(en="Customer", zh="客户编号"),
    "tier": Text(en="Tier", zh="等级"),
    "rank": Text(en="Rank", zh="排名"),
    "next_tier": Text(en="Next tier", zh="上一等级"),
    "to_next": Text(en="Lacking to it", zh="距上一等级"),
    "next_step": Text(en="What would lift", zh="升级条件"),
    "tier_before": Text(en="Tier before", zh="原等级"),
    "direction": Text(en="Direction", zh="方向"),
    "value_before": Text(en="Value before", zh="原数值"),
    "why": Text(en="Why", zh="原因"),
    "stage": Text(en="Stage", zh="阶段"),
    "segment": Text(en="Segment", zh="客户细分"),
    "industry": Text(en="Industry", zh="行业"),
    "region": Text(en="Region", zh="地区"),
    "channel": Text(en="Channel", zh="渠道"),
    "created_on": Text(en="Created on", zh="建档日期"),
    "first_sale": Text(en="First sale", zh="首次购买日期"),
    "last_sale": Text(en="Last sale", zh="最近购买日期"),
    "last_csat_on": Text(en="Last CSAT answer on", zh="最近一次满意度评分日期"),
    "last_nps_on": Text(en="Last NPS answer on", zh="最近一次推荐意愿评分日期"),
    "stage_reason": Text(en="Why this stage", zh="阶段原因"),
    "name": Text(en="Name", zh="姓名"),
    "action": Text(en="Action", zh="行动代码"),
    "owner": Text(en="Owner", zh="负责人"),
    "cost": Text(en="Cost", zh="成本"),
    "hours": Text(en="Hours", zh="工时"),
    "at_risk": Text(en="Value at risk", zh="风险价值"),
    "expected_saved": Text(en="Expected to save", zh="预计挽回"),
    "chosen": Text(en="Chosen", zh="入选"),
    "held_back": Text(en="Held back", zh="对照组"),
    "compared": Text(en="To compare", zh="用于比较"),
    "customers": Text(en="Customers", zh="客户数"),
    "service_hours": Text(en="Hours of service", zh="服务工时"),
    "service_cost": Text(en="Cost of service", zh="服务成本"),
    "action_hours": Text(en="Hours of actions", zh="行动工时"),
    "action_cost": Text(en="Cost of actions", zh="行动成本"),
    "table": Text(en="Table", zh="数据表"),
    "source": Text(en="Source", zh="数据源"),
    "rows": Text(en="Rows", zh="行数"),
}


SIGNALS = {
    "above": Text(en="above", zh="高于波动范围"),
    "below": Text(en="below", zh="低于波动范围"),
    "run above": Text(en="run above", zh="连续偏高"),
    "run below": Text(en="run below", zh="连续偏低"),
}
WORDS: dict[str, dict[str, Text]] = {
    "status": STATUS,
    "state": STATES,
    "better": BETTER,
    "unit": UNITS,
    "signal": SIGNALS,
}
"""Marks of the scorecard in words."""


def sheet_title(name: str, locale: Locale) -> str:
    """What a sheet is called."""
    return SHEETS[name].in_(locale)


def column_title(name: str, locale: Locale) -> str:
    """A column's head; a column that nobody has words for keeps its name."""
    if name in TITLES:
        return TITLES[name].in_(locale)
    if name not in PROFILE_COLUMNS:
        return name
    words = PROFILE_COLUMNS[name].title.in_(locale)
    return words[0].upper() + words[1:]


def width(title: str, values: Iterable[Any]) -> float:
    """A column's width in letters: what it holds, between 8 and 48."""
    return float(min(max(8, _letters(title) + 3, *(_letters(_short(value)) + 2 for value in values)), 48))


def _short(value: Any) -> str:
    if hasattr(value, "year"):
        return "2011-11-30"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _letters(text: str) -> int:
    """A Chinese sign takes two."""
    return len(text) if text.isascii() else sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
