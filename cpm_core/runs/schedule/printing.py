"""`cpm schedule`: print the files of a form, or write them."""

from __future__ import annotations

import sys
from pathlib import Path

from cpm_core.model.errors import UsageError
from cpm_core.params.paths import shown
from cpm_core.runs.schedule.forms import Form, files
from cpm_core.runs.schedule.forms.plan import Plan, check

HOW = {
    "cron": "# Add these lines by `crontab -e`.\n",
    "systemd": "# Both go into /etc/systemd/system; then `systemctl daemon-reload` and `systemctl enable --now {timer}`.\n",
    "airflow": "# Goes into the folder of DAGs.\n",
    "kubernetes": "# `kubectl apply --filename` takes it.\n",
}
"""What is done with the files: a comment before the first of them."""


def print_files(plan: Plan, form: Form) -> int:
    """Print the files of a form, each behind its name as a comment; returns 0.

    Raises:
        UsageError: The form cannot hold what is planned.
    """
    check(plan)
    made = files(plan, form)
    sys.stdout.write(HOW[form].format(timer=f"cpm-{plan.name}.timer"))
    for name, text in made.items():
        sys.stdout.write(f"# --- {name}\n{text}")
    return 0


def write_files(plan: Plan, form: Form, folder: Path) -> int:
    """Write the files of a form into a folder, and print their paths; returns 0.

    Raises:
        UsageError: The form cannot hold what is planned, or the folder cannot be written.
    """
    check(plan)
    made = files(plan, form)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
            sys.stdout.write(f"{shown(folder / name)}\n")
    except OSError as error:
        words = f"the files cannot be written: {error.strerror or error}"
        raise UsageError(words, where=f"--to {folder}", fix="Name a folder that you may write.") from None
    return 0
