"""A CronJob for Kubernetes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.cron import Schedule
from cpm_core.runs.schedule.due import IN_TIME
from cpm_core.runs.schedule.forms.numbers import expression
from cpm_core.runs.schedule.forms.plan import Plan

LATE = timedelta(days=7)
"""How late a job may begin that makes up what was missed."""
MOST_MISSED = 100
"""Kubernetes counts missed times within the deadline, and gives up beyond so many."""


def files(plan: Plan) -> dict[str, str]:
    """The manifest by its name.

    Raises:
        UsageError: No image is named.
    """
    import yaml

    if not plan.image:
        fix = "Name one that holds cpm, the params and the notebooks: `--image registry/name:tag`."
        raise UsageError("a job in Kubernetes needs a container's image", where="--print kubernetes", fix=fix)
    text = yaml.safe_dump(_manifest(plan), sort_keys=False, allow_unicode=True, width=4096)
    head = (
        f"# {plan.title}\n"
        f"# Reports are kept on the volume claim cpm-{plan.name}; secrets come from the secret cpm-{plan.name}, if there\n"
        "# is one: params refer to its keys as secret://env/NAME.\n"
    )
    return {f"cpm-{plan.name}.yaml": head + text}


def _manifest(plan: Plan) -> dict[str, Any]:
    job = {
        # Retries are cpm's own. A pod that the cluster takes away is no failure of the job.
        "backoffLimit": 0,
        "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]},
        "template": {"spec": _pod(plan)},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": f"cpm-{plan.name}"},
        "spec": {
            "schedule": expression(plan.fields, plan.moved),
            "timeZone": plan.schedule.zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _deadline(plan),
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 5,
            "jobTemplate": {"spec": job},
        },
    }


def _pod(plan: Plan) -> dict[str, Any]:
    name = f"cpm-{plan.name}"
    folder = PurePosixPath(plan.folder)
    container = {
        "name": "cpm",
        "image": plan.image,
        "workingDir": str(folder),
        # $(NAME) would be filled in.
        "command": [word.replace("$", "$$") for word in plan.command()],
        "envFrom": [{"secretRef": {"name": name, "optional": True}}],
        "volumeMounts": [{"name": "reports", "mountPath": str(folder / plan.out)}],
    }
    return {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [{"name": "reports", "persistentVolumeClaim": {"claimName": name}}],
    }


def _deadline(plan: Plan) -> int:
    """Seconds by which a job may begin late."""
    oldest = plan.policy.oldest
    if plan.policy.missed == "skip":
        return int((oldest or IN_TIME).total_seconds())
    start = datetime.combine(plan.today, time(), UTC)
    calls = Schedule(expression(plan.fields, plan.moved), plan.schedule.zone).coming(start, MOST_MISSED)
    gap = min((later.at - earlier.at for earlier, later in pairwise(calls)), default=LATE)
    return int(min(filter(None, (LATE, oldest, gap * (MOST_MISSED - 1)))).total_seconds())
