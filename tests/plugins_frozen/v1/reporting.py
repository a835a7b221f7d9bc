"""A section, a publisher, a check and observers."""

import shutil
from pathlib import Path

from cpm_core.api import Check, Publisher, Section, Text, hookimpl

CPM_API = 1
SEEN = []


def render(book):
    facts = book.facts()
    return facts[facts["slice"] == ""].tail(3)[["kpi", "period", "value"]]


def judge(stats):
    if stats.kept < 2:
        return Text(en=f"only {stats.kept} rows", zh=f"仅 {stats.kept} 行")
    return None


def options():
    from pydantic import BaseModel, ConfigDict

    class Options(BaseModel):
        model_config = ConfigDict(extra="forbid")
        to: str

    return Options


def send(run, options):
    shutil.copy2(run.folder / "report.html", Path(options.to) / f"{run.workbook}.html")


@hookimpl
def cpm_report_sections():
    return [Section(id="v1_last", title=Text(en="Last figures", zh="最近数值"), render=render, order=50)]


@hookimpl
def cpm_publishers():
    return [Publisher(id="v1_copy", title=Text(en="Copy", zh="复制"), send=send, options=options)]


@hookimpl
def cpm_checks():
    return [Check(id="v1_rows", title=Text(en="Rows", zh="行数"), table="orders", judge=judge, level="warn")]


@hookimpl
def cpm_run_started(run):
    SEEN.append(("started", run.workbook))


@hookimpl
def cpm_run_published(run):
    SEEN.append(("published", run.id))


@hookimpl
def cpm_run_failed(run, error):
    SEEN.append(("failed", str(error)))
