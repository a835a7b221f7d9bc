"""`reports/index.html`: every report and run, newest first, and what failed; to search and filter, without a server."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from cpm_core.model.errors import CpmError
from cpm_core.model.secrets import scrubbed
from cpm_core.model.text import LOCALES, Locale, Text
from cpm_core.runs.catalogue import Entry, Trouble, entries, troubles, workbook_of
from cpm_core.runs.lock import locked

INDEX = "index.html"

TITLE = Text(en="Reports", zh="报告")
LATEST = Text(en="latest", zh="最新")
NONE = Text(en="No report has been published yet.", zh="尚未发布任何报告。")
NOTHING = Text(en="Nothing is like this.", zh="没有符合条件的记录。")
EARLIER = Text(en="Earlier runs", zh="历次运行")
AS_OF = Text(en="as of", zh="截至")
MADE = Text(en="made", zh="生成于")
SINCE = Text(en="since", zh="开始于")
SEARCH = Text(en="Search", zh="搜索")
CLEAR = Text(en="Clear", zh="清除")
ALL = Text(en="all", zh="全部")
FIELDS = {
    "workbook": Text(en="Workbook", zh="工作簿"),
    "member": Text(en="Tenant", zh="分支"),
    "period": Text(en="Period", zh="期间"),
    "state": Text(en="State", zh="状态"),
}
STATES = {
    "published": Text(en="published", zh="已发布"),
    "gaps": Text(en="with gaps", zh="部分指标缺失"),
    "failed": Text(en="failed", zh="失败"),
    "running": Text(en="running", zh="运行中"),
}
OPEN = {
    "report.html": Text(en="page", zh="网页"),
    "report.pdf": Text(en="PDF", zh="PDF"),
    "workbook.xlsx": Text(en="Excel", zh="Excel"),
    "report.ipynb": Text(en="notebook", zh="笔记本"),
    "kernel.log": Text(en="log", zh="日志"),
}
FOLDER = Text(en="folder", zh="文件夹")
LANG: dict[Locale, str] = {"en": "en", "zh": "zh-CN"}
LONGEST = 400
"""Signs of a reason that are shown; the whole is in its title."""


def write_index(out: Path) -> Path:
    """Write the page anew from what is on disk, and swap it in by rename."""
    path = out / INDEX
    # One at a time, so that of two reports that end together neither is left out.
    with locked(out, INDEX, wait=True):
        text = scrubbed(render(entries(out), troubles(out), out))
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return path  # nothing has changed: whoever watches the file is not called
        aside = out / f".{INDEX}-{os.getpid()}-{secrets.token_hex(4)}"
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    return path


def try_to_write_index(out: Path) -> None:
    """Let the page tell how an attempt ended: until here it is under way there. Where it cannot be, others tell why."""
    with contextlib.suppress(OSError, CpmError):
        write_index(out)


def render(found: Sequence[Entry], wrong: Sequence[Trouble], out: Path) -> str:
    """The page as one HTML file; its links are relative, so that the folder may lie anywhere."""
    by_report: dict[str, tuple[list[Entry], list[Trouble]]] = {}
    both: list[Entry | Trouble] = [*found, *wrong]
    for one in sorted(both, key=lambda one: one.finished, reverse=True):
        runs, failed = by_report.setdefault(one.report, ([], []))
        if isinstance(one, Entry):
            runs.append(one)
        else:
            failed.append(one)
    by_workbook: dict[str, list[str]] = {}
    for name in by_report:
        by_workbook.setdefault(workbook_of(name), []).append(name)
    body = "".join(
        _workbook(workbook, [(name, *by_report[name]) for name in names], out)
        for workbook, names in by_workbook.items()
    )
    return _page(_form(found, wrong) + body if body else f"<p>{_both(NONE)}</p>", scripted=bool(body))


def _page(body: str, *, scripted: bool) -> str:
    sheet, script = _beside("index.css"), _beside("index.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n'
        f"<title>{escape(TITLE.en)} · {escape(TITLE.zh)}</title>\n<style>\n{sheet}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>{_both(TITLE)}</h1></header>\n{body}</main>\n"
        + (f"<script>{script}</script>\n" if scripted else "")
        + "</body>\n</html>\n"
    )


@cache
def _beside(name: str) -> str:
    return files("cpm_core.runs").joinpath(name).read_text(encoding="utf-8")


def _form(found: Sequence[Entry], wrong: Sequence[Trouble]) -> str:
    """Search and filters; a filter with one choice is left out. Shown by the script that makes them work."""
    reports = {*(one.report for one in found), *(one.report for one in wrong)}
    choices = {
        "workbook": sorted({workbook_of(one) for one in reports}),
        "member": sorted({one.partition("/")[2] for one in reports} - {""}),
        "period": sorted({one.period for one in found} - {""}, reverse=True),
        "state": [state for state in STATES if state in {*map(_state, found), *(one.state for one in wrong)}],
    }
    selects = "".join(_select(name, values) for name, values in choices.items() if len(values) > 1)
    return (
        '<form id="find" role="search" hidden>'
        f'<label class="wide"><span>{_both(SEARCH)}</span><input type="search" name="q" autocomplete="off"></label>'
        f'{selects}<span class="end"><output id="told" for="find"></output>'
        f'<button type="reset">{_both(CLEAR)}</button></span></form>\n<p id="none" hidden>{_both(NOTHING)}</p>\n'
    )


def _select(name: str, values: Iterable[str]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(_word(name, value))}</option>' for value in values)
    return (
        f'<label><span>{_both(FIELDS[name])}</span><select name="{name}">'
        f'<option value="">{ALL.en} {ALL.zh}</option>{options}</select></label>'
    )


def _word(name: str, value: str) -> str:
    return f"{STATES[value].en} {STATES[value].zh}" if name == "state" else value


def _workbook(name: str, reports: Sequence[tuple[str, list[Entry], list[Trouble]]], out: Path) -> str:
    """One workbook: its report, or one a member of a grid."""
    newest = next((run for _, runs, _ in reports for run in runs), None)
    locale: Locale = "zh" if newest is not None and newest.locale == "zh" else "en"
    title = escape(name if newest is None else newest.title.in_(locale))
    single = [runs for report, runs, _ in reports if report == name and runs]
    if single:
        title = f'<a href="{_link(_first(single[0]), out)}">{title}</a>'
    body = "".join(_report(report, runs, wrong, out) for report, runs, wrong in reports)
    return f'<section><p class="eyebrow">{escape(name)}</p><h2 lang="{LANG[locale]}">{title}</h2>\n{body}</section>\n'


def _report(name: str, runs: Sequence[Entry], wrong: Sequence[Trouble], out: Path) -> str:
    """One report: what is under way or failed last, the run that readers see, then the others."""
    workbook, _, member = name.partition("/")
    first = _first(runs) if runs else None
    last = [one for one in wrong if one.last]
    others: list[Entry | Trouble] = [one for one in runs if one is not first]
    others += [one for one in wrong if not one.last]
    older = sorted(others, key=lambda one: (one.as_of, one.finished), reverse=True)
    top = "".join(_trouble(one, out) for one in last) + (_run(first, out) if first else "")
    rest = "".join(_run(one, out) if isinstance(one, Entry) else _trouble(one, out) for one in older)
    count = f' <span class="count">{len(older)}</span>'
    more = f'<details><summary>{_both(EARLIER)}{count}</summary><ul class="older">{rest}</ul></details>' if rest else ""
    head = ""
    if member:
        named = escape(member)
        head = f'<h3>{f"""<a href="{_link(first, out)}">{named}</a>""" if first else named}</h3>'
    titles = {text for one in runs for text in (one.title.en, one.title.zh)}
    text = escape(" ".join([name, *sorted(titles)]).lower())
    marks = f'data-workbook="{escape(workbook)}" data-member="{escape(member)}" data-text="{text}"'
    return f'<article class="report" {marks}>{head}<ul>{top}</ul>{more}</article>\n'


def _first(runs: Sequence[Entry]) -> Entry:
    return next((run for run in runs if run.latest), runs[0])


def _state(run: Entry) -> str:
    return "gaps" if run.degraded else "published"


def _run(run: Entry, out: Path) -> str:
    marks = f'<span class="latest">{_both(LATEST)}</span>' if run.latest else ""
    if run.degraded:
        marks += f'<span class="gaps" title="{escape("; ".join(run.degraded))}">{_both(STATES["gaps"])}</span>'
    return (
        f'<li class="run" data-period="{escape(run.period)}" data-state="{_state(run)}">'
        f'<span class="day">{_both(AS_OF)} <strong>{escape(run.as_of)}</strong></span>'
        f'<span class="made">{_both(MADE)} {_minute(run.finished)}</span>{marks}'
        f'<span class="links">{_links(run.folder, run.files, out)}</span></li>'
    )


def _trouble(one: Trouble, out: Path) -> str:
    """What was not published, and why."""
    day = f'<span class="day">{_both(AS_OF)} <strong>{escape(one.as_of)}</strong></span>' if one.as_of else ""
    when = SINCE if one.state == "running" else MADE
    made = f'<span class="made">{_both(when) if one.state == "running" else ""} {_minute(one.finished)}</span>'
    short = one.reason if len(one.reason) <= LONGEST else one.reason[: LONGEST - 1] + "…"
    reason = f'<p class="reason" title="{escape(one.reason)}">{escape(short)}</p>' if one.reason else ""
    links = f'<span class="links">{_links(one.kept, one.files, out)}</span>' if one.kept else ""
    return (
        f'<li class="run" data-period="" data-state="{one.state}">{day}'
        f'<span class="{one.state}">{_both(STATES[one.state])}</span>{made if one.finished else ""}{links}{reason}</li>'
    )


def _minute(when: str) -> str:
    return f"{escape(when[:16].replace('T', ' '))} UTC"


def _links(folder: Path, names: Iterable[str], out: Path) -> str:
    there = [(name, words) for name, words in OPEN.items() if name in {*names}]
    opened = "".join(f'<a href="{_path(folder / name, out)}">{_both(words)}</a>' for name, words in there)
    return f'{opened}<a href="{_path(folder, out)}/">{_both(FOLDER)}</a>'


def _link(run: Entry, out: Path) -> str:
    return _path(run.folder / "report.html", out) if "report.html" in run.files else _path(run.folder, out) + "/"


def _path(path: Path, out: Path) -> str:
    return escape(quote(path.relative_to(out).as_posix()))


def _both(words: Text) -> str:
    """Both languages side by side: the page has readers of both."""
    if words.en == words.zh:
        return escape(words.en)
    en, zh = (f'<span lang="{LANG[locale]}">{escape(words.in_(locale))}</span>' for locale in LOCALES)
    return f"{en} {zh}"
