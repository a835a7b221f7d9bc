"""The proposed params file as text, and the lines of it that one should look at."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from cpm_core.checks.proposing.choices import Choices
from cpm_core.checks.proposing.proposal import Proposal, Rule
from cpm_core.checks.proposing.sheets import Sheet, pattern_of
from cpm_core.model.text import Locale, Text
from cpm_core.params.syntax import EMPTY

_HEAD = Text(
    en="Proposed by `cpm new` from: {files}.\nLook at the lines that end with `# ?`; then `cpm check {name}`.",
    zh="由 `cpm new` 根据以下文件生成：{files}。\n请核对以 `# ?` 结尾的各行，然后执行 `cpm check {name}`。",
)
_LATEST = Text(en="the latest day in the files", zh="文件中的最后一天")
_KEPT = Text(en="Kept as they are: {names}", zh="原样保留：{names}")
_ALL_KPIS = Text(
    en="kpis: [revenue, orders]   # left out: all that the tables allow (`cpm kpis` lists them)",
    zh="kpis: [revenue, orders]   # 省略时包含数据支持的全部指标（可用 `cpm kpis` 查看）",
)
_TARGETS = Text(en="targets: {revenue: {at_least: 100000}}", zh="targets: {revenue: {at_least: 100000}}")


@dataclass
class Page:
    """Lines of YAML, and what is unsure of them by line number."""

    locale: Locale
    lines: list[str] = field(default_factory=list)
    doubts: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: str, doubt: Text | None = None, note: Text | None = None) -> None:
        """Add a line, with a comment behind it."""
        comment = f"  # ? {doubt.in_(self.locale)}" if doubt else f"  # {note.in_(self.locale)}" if note else ""
        self.lines.append(line + comment)
        if doubt:
            self.doubts.append((len(self.lines), doubt.in_(self.locale)))

    def comment(self, text: str, indent: str = "") -> None:
        """Add lines of comment."""
        self.lines += [f"{indent}# {line}".rstrip() for line in text.splitlines()]

    @property
    def text(self) -> str:
        """The file."""
        return "\n".join(self.lines) + "\n"


def written(name: str, proposals: list[Proposal], choices: Choices, folder: Path) -> Page:
    """The params file of a workbook."""
    page = Page(choices.locale)
    labels = dict.fromkeys(proposal.match.sheet.label for proposal in proposals)
    page.comment(_HEAD.in_(choices.locale).format(files=", ".join(labels), name=name))
    page.add(f"workbook: {name}")
    title = {"en": f"Customer performance: {name}", "zh": f"客户绩效：{name}"}
    page.add(f"title: {{en: {scalar(title['en'])}, zh: {scalar(title['zh'])}}}")
    page.add(f"as_of: {choices.as_of}", note=_LATEST)
    page.add(f"period: {choices.period}")
    page.add(f"history: {choices.history}")
    page.add(f"locale: {choices.locale}")
    page.add(f"timezone: {choices.timezone}", choices.doubts.get("timezone"))
    currency = f"currency: {choices.currency}" if choices.currency else "# currency: EUR"
    page.add(currency, choices.doubts.get("currency"))
    page.add("sources:")
    for block in _blocks(proposals):
        page.add("  - use: files")
        page.add("    tables:")
        for proposal in block:
            _table(page, proposal, folder)
    if choices.slices:
        page.add(f"slices: [{', '.join(scalar(one) for one in choices.slices)}]")
    page.comment(_ALL_KPIS.in_(choices.locale))
    page.comment(_TARGETS.in_(choices.locale))
    return page


def _blocks(proposals: list[Proposal]) -> list[list[Proposal]]:
    """One use of the source names a table once; a second file of it is in another."""
    blocks: list[list[Proposal]] = []
    for proposal in proposals:
        free = next((block for block in blocks if all(one.table != proposal.table for one in block)), None)
        if free is None:
            blocks.append([proposal])
        else:
            free.append(proposal)
    return blocks


def _table(page: Page, proposal: Proposal, folder: Path) -> None:
    sheet = proposal.match.sheet
    page.add(f"      {proposal.table}:", next(iter(proposal.doubts), None))
    for doubt in proposal.doubts[1:]:
        page.add("       ", doubt)
    page.add(f"        path: {scalar(path_of(sheet, folder))}")
    if sheet.sheet is not None:
        page.add(f"        sheet: {scalar(sheet.sheet)}")
    if sheet.encoding is not None:
        page.add(f"        encoding: {sheet.encoding}")
    if proposal.query:
        page.add("        query: |")
        page.lines += [f"          {line}" for line in proposal.query.splitlines()]
        return
    page.add("        columns:")
    for rule in proposal.rules:
        page.add(f"          {rule.column}: {_rule(rule)}", rule.doubt)
    used = " ".join(rule.what for rule in proposal.rules if rule.how == "sql")
    kept = [name for name in proposal.match.left if name not in used]
    if kept:
        page.comment(_KEPT.in_(page.locale).format(names=", ".join(kept)), "          ")


def _rule(rule: Rule) -> str:
    if rule.how == "name":
        return scalar(rule.what)
    return f"{{{rule.how}: {scalar(rule.what)}}}"


def path_of(sheet: Sheet, folder: Path) -> str:
    """The path of a sheet's files as it is seen from the params file."""
    path = sheet.files[0].with_name(pattern_of(sheet.files))
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def scalar(text: str) -> str:
    """A text in YAML: bare where it can be, else in double quotes."""
    bare = re.fullmatch(r"[\w./][\w ./()%*-]*(?<! )", text) and text.lower() not in EMPTY
    return text if bare else json.dumps(text, ensure_ascii=False)
