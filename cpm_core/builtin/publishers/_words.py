"""What mails and chats say of a run, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from cpm_core.api import Figure, Run, Text

HEADS = {
    "published": Text(en="{head}", zh="{head}"),
    "failed": Text(en="Failed: {head}", zh="运行失败：{head}"),
    "recovered": Text(en="Recovered: {head}", zh="已恢复：{head}"),
}
FAILED = Text(
    en="The report as of {day} could not be made. Readers go on to see the last one that was published.",
    zh="截至{day}的报告未能生成，读者看到的仍是上一次发布的报告。",
)
RECOVERED = Text(
    en="The report as of {day} succeeded. What was told as failed is over.",
    zh="截至{day}的报告已成功生成，此前的故障已解除。",
)
AS_OF = Text(en="As of {day}", zh="截至{day}")
WHY = Text(en="Why", zh="原因")
DEGRADED = Text(en="What is missing in the report", zh="报告中缺失的内容")
OPEN = Text(en="Open the report", zh="打开报告")
OPEN_ALL = Text(en="Open all reports", zh="打开报告列表")
MORE = Text(en="{n} more figures are in the report.", zh="另有{n}项指标见报告。")
MORE_LINES = Text(en="… and {n} more", zh="……另有{n}条")
FIGURE, VALUE, CHANGE, TARGET = (
    Text(en="Figure", zh="指标"),
    Text(en="Value", zh="数值"),
    Text(en="Change", zh="变化"),
    Text(en="Target", zh="目标"),
)
STATUS = {
    "met": Text(en="met", zh="达成"),
    "missed": Text(en="missed", zh="未达成"),
    "close": Text(en="too close to call", zh="尚难判定"),
}
AGAINST = Text(en="{status} ({target})", zh="{status}（{target}）")
SIGNALS = {
    "above": Text(en="above its usual range", zh="高于正常范围"),
    "below": Text(en="below its usual range", zh="低于正常范围"),
    "run above": Text(en="above its usual level for long", zh="持续高于往常水平"),
    "run below": Text(en="below its usual level for long", zh="持续低于往常水平"),
}
YEAR_SIGNALS = {
    "above": Text(en="its yearly change above the usual", zh="同比变化高于正常范围"),
    "below": Text(en="its yearly change below the usual", zh="同比变化低于正常范围"),
    "run above": Text(en="its yearly change above the usual for long", zh="同比变化持续高于往常"),
    "run below": Text(en="its yearly change below the usual for long", zh="同比变化持续低于往常"),
}
MONTHS = "January February March April May June July August September October November December".split()


def say(words: Text, run: Run, **values: object) -> str:
    """Words in the run's language."""
    return words.format(**values).in_(run.locale)


def line(text: str) -> str:
    """A text as one line without control signs: nothing of it can begin another header or line."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def head(run: Run, template: str = "") -> str:
    """The title of a message, from words such as `{title}, {period}`; that it failed stands before them."""
    told = (template or "{title} · {period}").format(
        title=run.title.in_(run.locale) or run.workbook,
        period=run.period or str(run.as_of),
        workbook=run.workbook,
        report=run.report or run.workbook,
        as_of=run.as_of,
    )
    return line(say(HEADS[run.state], run, head=told))


def day(run: Run) -> str:
    """The as-of day."""
    one = run.as_of
    return (
        f"{one.year}年{one.month}月{one.day}日"
        if run.locale == "zh"
        else f"{one.day} {MONTHS[one.month - 1]} {one.year}"
    )


def lead(run: Run) -> str:
    """The first sentence."""
    if run.state == "failed":
        return say(FAILED, run, day=day(run))
    return say(RECOVERED, run, day=day(run)) if run.state == "recovered" else line(run.summary)


def chosen(run: Run, most: int) -> Sequence[Figure]:
    """The figures that a message has room for: those to look at first, then the scorecard's order."""
    return sorted(run.figures, key=lambda figure: not figure.calls)[:most]


def marks(figure: Figure, run: Run) -> str:
    """What stands out of a figure: `missed (≥ 90%), below its usual range`."""
    told = []
    if figure.status:
        told.append(say(AGAINST, run, status=STATUS[figure.status], target=figure.target))
    if figure.signal:
        told.append((YEAR_SIGNALS if figure.signal_basis == "year" else SIGNALS)[figure.signal].in_(run.locale))
    return ("，" if run.locale == "zh" else ", ").join(told)


def bullets(lines: Sequence[str], most: int, run: Run) -> list[str]:
    """The first lines of many, each as one line, and how many more there are."""
    told = [line(one) for one in lines[:most]]
    return [*told, *([say(MORE_LINES, run, n=len(lines) - most)] if len(lines) > most else [])]
