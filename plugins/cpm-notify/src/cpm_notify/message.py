"""What is told of a run, read from its published files alone."""

import json

from cpm_core.api import Text

_LINE = Text(en="{title}, {period}: {n} of {all} KPIs changed", zh="{title}，{period}：{all} 项指标中有 {n} 项变化")
_PRELIMINARY = Text(en="{title}, {period}: the period is not complete", zh="{title}，{period}：周期数据尚不完整")
_DEGRADED = Text(en="; {n} things failed in the report", zh="；报告中有 {n} 处失败")


def message(run, options):
    """A line in the report's language, and the KPIs that changed from the period before.

    Only complete figures are held against each other.
    """
    import pandas as pd

    about = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    compared, changed = changes(pd.read_parquet(run.folder / "facts.parquet"), about["period"], options)
    title = Text(**about["title"])
    line = (_LINE if compared else _PRELIMINARY).format(
        title=title, period=about["period"], n=len(changed), all=compared
    )
    words = line.in_(about["locale"])
    if run.degraded:
        words += _DEGRADED.format(n=len(run.degraded)).in_(about["locale"])
    return {
        "text": words,
        "workbook": run.workbook,
        "as_of": str(run.as_of),
        "run": run.id,
        "degraded": list(run.degraded),
        "changed": changed,
    }


def changes(facts, period, options):
    """How many KPIs have two complete figures to compare, and those that changed by enough."""
    total = facts[(facts["slice"] == "") & facts["complete"] & (facts["state"] == "ok")]
    if options.kpis:
        total = total[total["kpi"].isin(options.kpis)]
    starts = sorted(facts["period_start"].unique())
    now = facts.loc[facts["period"] == period, "period_start"].iloc[0]
    earlier = [start for start in starts if start < now]
    before = total[total["period_start"] == earlier[-1]].set_index("kpi")["value"] if earlier else {}
    both = [
        {"kpi": kpi, "value": float(value), "before": float(before[kpi])}
        for kpi, value in total[total["period"] == period].set_index("kpi")["value"].items()
        if kpi in before
    ]
    changed = [
        one
        for one in both
        if one["value"] != one["before"] and abs(one["value"] - one["before"]) >= options.at_least * abs(one["before"])
    ]
    return len(both), changed
