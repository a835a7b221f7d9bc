"""Files for schedulers: each form calls `cpm due`, which knows what is done and what was missed."""

from __future__ import annotations

from typing import Literal

from cpm_core.runs.schedule.forms import airflow, crontab, kubernetes, systemd
from cpm_core.runs.schedule.forms.plan import Plan

Form = Literal["cron", "systemd", "airflow", "kubernetes"]

FORMS = {
    "cron": crontab.files,
    "systemd": systemd.files,
    "airflow": airflow.files,
    "kubernetes": kubernetes.files,
}
"""Functions of a `Plan` that give the files by their names."""


def files(plan: Plan, form: Form) -> dict[str, str]:
    """The files of a form by their names.

    Raises:
        UsageError: The form cannot hold what is planned.
    """
    return FORMS[form](plan)
