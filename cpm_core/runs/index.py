"""`reports/index.html`: every report and run, newest first."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from cpm_core.model.text import LOCALES, Locale, Text
from cpm_core.runs.catalogue import Entry, entries
from cpm_core.runs.lock import locked

INDEX = "index.html"

TITLE = Text(en="Reports", zh="报告")
LATEST = Text(en="latest", zh="最新")
DEGRADED = Text(en="with gaps", zh="部分指标缺失")
NONE = Text(en="No report has been published yet.", zh="尚未发布任何报告。")
EARLIER = Text(en="Earlier runs", zh="历次运行")
AS_OF = Text(en="as of", zh="截至")
MADE = Text(en="made", zh="生成于")
OPEN = {
    "report.html": Text(en="page", zh="网页"),
    "workbook.xlsx": Text(en="Excel", zh="Excel"),
    "report.ipynb": Text(en="notebook", zh="笔记本"),
}
FOLDER = Text(en="folder", zh="文件夹")
LANG: dict[Locale, str] = {"en": "en", "zh": "zh-CN"}


def write_index(out: Path) -> Path:
    """Write the page anew from what is on disk, and swap it in by rename."""
    path = out / INDEX
    # One at a time, so that of two reports that end together neither is left out.
    with locked(out, INDEX, wait=True):
        aside = out / f".{INDEX}-{os.getpid()}-{secrets.token_hex(4)}"
        aside.write_text(render(entries(out), out), encoding="utf-8")
        aside.replace(path)
    return path


def render(found: Sequence[Entry], out: Path) -> str:
    """The page as one HTML file; its links are relative, so that the folder may lie anywhere."""
    by_report: dict[str, list[Entry]] = {}
    for entry in found:
        by_report.setdefault(entry.report, []).append(entry)
    body = "".join(_report(name, runs, out) for name, runs in by_report.items()) or f"<p>{_both(NONE)}</p>"
    sheet = files("cpm_core.runs").joinpath("index.css").read_text(encoding="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n'
        f"<title>{escape(TITLE.en)} · {escape(TITLE.zh)}</title>\n<style>\n{sheet}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>{_both(TITLE)}</h1></header>\n{body}</main>\n</body>\n</html>\n"
    )


def _report(name: str, runs: Sequence[Entry], out: Path) -> str:
    """One report: the run that readers see, then the others."""
    first = next((run for run in runs if run.latest), runs[0])
    locale: Locale = "zh" if first.locale == "zh" else "en"
    others = [run for run in runs if run is not first]
    rows = "".join(
        f"<li><h3>{escape(as_of)}</h3><ul>{''.join(_run(run, out) for run in group)}</ul></li>"
        for as_of, group in groupby(others, key=lambda run: run.as_of)
    )
    count = f' <span class="count">{len(others)}</span>'
    older = (
        f'<details><summary>{_both(EARLIER)}{count}</summary><ul class="older">{rows}</ul></details>' if rows else ""
    )
    return (
        f'<section><p class="eyebrow">{escape(name)}</p><h2 lang="{LANG[locale]}">'
        f'<a href="{_link(first, out)}">{escape(first.title.in_(locale))}</a></h2>'
        f"<ul>{_run(first, out)}</ul>{older}</section>\n"
    )


def _run(run: Entry, out: Path) -> str:
    marks = f'<span class="latest">{_both(LATEST)}</span>' if run.latest else ""
    if run.degraded:
        marks += f'<span class="gaps" title="{escape("; ".join(run.degraded))}">{_both(DEGRADED)}</span>'
    links = [(name, words) for name, words in OPEN.items() if name in run.files]
    opened = "".join(f'<a href="{_path(run.folder / name, out)}">{_both(words)}</a>' for name, words in links)
    made = run.finished[:16].replace("T", " ")
    return (
        f'<li class="run"><span class="day">{_both(AS_OF)} <strong>{escape(run.as_of)}</strong></span>'
        f'<span class="made">{_both(MADE)} {escape(made)} UTC</span>{marks}'
        f'<span class="links">{opened}<a href="{_path(run.folder, out)}/">{_both(FOLDER)}</a></span></li>'
    )


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
