"""How a notebook ended that did not run to its end, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cpm_core.model.text import Text

Kind = Literal["cell", "dead", "cell_timeout", "run_timeout", "memory", "stopped", "start", "lost", "internal"]


@dataclass(frozen=True)
class Ending:
    """Why a notebook did not run to its end, and where."""

    kind: Kind
    """`cell`: it raised; `lost`: messages of the kernel did not arrive; `internal`: an error of the engine's own."""
    detail: str = ""
    """A limit in words, a signal's or an exit code's, or what the error says."""
    at: int | None = None
    """Place of the cell in the executed notebook; None: it ended in none."""
    cell: int = 0
    """Its number from 1 in the notebook as it is in git; 0: the cell of injected parameters, or none."""
    source: str = ""
    name: str = ""
    """The class of the exception that the cell raised."""
    words: str = ""
    """What that exception says."""
    signal: int = 0
    """That stopped the run."""


_WHERE = Text(en="in cell {cell}{of}", zh="在第 {cell} 个单元格")
_INJECTED = Text(en="in the cell of parameters", zh="在参数单元格")
_NOWHERE = Text(en="between cells", zh="在单元格之间")

_TOLD: dict[Kind, Text] = {
    "cell": Text(en="An error was raised {where}: {detail}", zh="{where}出错：{detail}"),
    "dead": Text(en="The kernel died {where} ({detail})", zh="{where}内核终止（{detail}）"),
    "cell_timeout": Text(
        en="A cell took longer than it may ({detail}), {where}", zh="{where}运行超过单个单元格的时限（{detail}）"
    ),
    "run_timeout": Text(
        en="The run took longer than it may ({detail}), {where}", zh="{where}运行超过整次运行的时限（{detail}）"
    ),
    "memory": Text(en="The kernel was killed {where}: {detail}", zh="{where}内核因内存超过上限被终止（{detail}）"),
    "stopped": Text(en="The run was stopped by {detail}, {where}", zh="{where}运行被 {detail} 停止"),
    "start": Text(en="The kernel did not start: {detail}", zh="内核未能启动：{detail}"),
    "lost": Text(en="Messages of the kernel were lost {where}", zh="{where}内核的消息丢失"),
    "internal": Text(en="The notebook could not be run: {detail}", zh="笔记本无法运行：{detail}"),
}


def told(ending: Ending, of: str = "") -> Text:
    """What happened, in one sentence without its full stop.

    Args:
        ending: How the notebook ended.
        of: Put behind a cell's number, as ` of report.ipynb`.
    """
    where = _NOWHERE if ending.at is None else _WHERE if ending.cell else _INJECTED
    detail = raised(ending) if ending.kind == "cell" else ending.detail
    return _TOLD[ending.kind].format(where=where.format(cell=ending.cell, of=of), detail=detail)


def raised(ending: Ending) -> str:
    """The exception of the cell in one line."""
    last = ending.words.strip().splitlines()[-1:] or [""]
    return ": ".join(filter(None, (ending.name, last[0]))) or "it stopped there"


def seconds(limit: float) -> str:
    """A limit of time in words."""
    return f"{limit:g} s"
