"""The PDF that Chromium prints, read by pypdf."""

from __future__ import annotations

import stat
import time

import psutil
import pypdf
import pytest

from cpm_core.model.errors import RunError, UsageError
from cpm_core.report.pdf import CHOSEN, browser, print_pdf

PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><style>@page { size: A4 }</style></head>
<body><h1>Customer performance 满意度</h1></body></html>"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "report.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def program(folder, words):
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_page_is_printed_on_a4_in_both_languages(page, chromium, monkeypatch):
    monkeypatch.setenv(CHOSEN, chromium)
    print_pdf(page, page.with_suffix(".pdf"))
    (sheet,) = pypdf.PdfReader(page.with_suffix(".pdf")).pages
    assert [round(float(side) / 72 * 25.4) for side in sheet.mediabox[2:]] == [210, 297]
    assert sheet.extract_text() == "Customer performance 满意度"


def test_without_a_browser_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv(CHOSEN, "no-such-browser")
    with pytest.raises(UsageError, match=r"CPM_CHROMIUM names 'no-such-browser', which is no program.*take `pdf` out"):
        browser()
    monkeypatch.delenv(CHOSEN)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("cpm_core.report.pdf.PLACES", ())
    with pytest.raises(UsageError, match="there is no Chromium"):
        browser()


def test_one_that_fails_or_hangs_is_ended_and_told_and_sees_no_secret(page, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2hunter2")
    monkeypatch.setenv(CHOSEN, program(tmp_path, "env >&2; echo 'no display' >&2; exit 1"))
    with pytest.raises(RunError, match="the PDF could not be printed: no display"):
        print_pdf(page, tmp_path / "x.pdf")
    monkeypatch.setenv(CHOSEN, program(tmp_path, f"env > {tmp_path}/seen; sleep 60 & echo $! > {tmp_path}/child; wait"))
    with pytest.raises(RunError, match=r"not printed within 0\.5 seconds"):
        print_pdf(page, tmp_path / "x.pdf", seconds=0.5)
    assert "hunter2" not in (tmp_path / "seen").read_text(encoding="utf-8")
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.02)
    else:
        pytest.fail("what it started lives on")
