"""A DAG file for Airflow 2.10 and 3."""

from __future__ import annotations

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.forms.numbers import expression
from cpm_core.runs.schedule.forms.plan import Plan

DAG = '''\
"""{title}"""

import shlex

import pendulum

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

FOLDER = {folder!r}
COMMAND = [
{words}
]
# The end of the run's interval is the tick; `cpm due` works the as-of day out, and runs it again where a task is cleared.
TICK = "{{{{ (data_interval_end | default(none) or dag_run.run_after).isoformat() }}}}"

with DAG(
    dag_id={dag!r},
    description={title!r},
    schedule={cron!r},
    start_date=pendulum.datetime({start}, tz={zone!r}),
    catchup={catchup},
    max_active_runs=1,
    tags=["cpm"],
) as dag:
    # Retries are cpm's own: it knows which failures can heal.
    BashOperator(
        task_id="due",
        bash_command=(
            "{{% raw %}}cd " + shlex.quote(FOLDER) + " && " + shlex.join(COMMAND) + "{{% endraw %}} --tick " + TICK
        ),
        append_env=True,
        retries=0,
    )
'''


def files(plan: Plan) -> dict[str, str]:
    """The DAG file by its name.

    Raises:
        UsageError: A word would end what templates leave alone.
    """
    if any("endraw" in word for word in (*plan.command(), plan.folder)):
        raise UsageError("'endraw' is a word of Airflow's templates", where="--print airflow", fix="Rename it.")
    start = plan.today
    text = DAG.format(
        title=plan.title.replace("\\", "").replace('"', ""),
        dag=f"cpm-{plan.name}",
        folder=plan.folder,
        words="\n".join(f"    {word!r}," for word in plan.command()),
        cron=expression(plan.fields),
        start=f"{start.year}, {start.month}, {start.day}",
        zone=plan.schedule.zone,
        catchup=plan.policy.missed == "all",
    )
    return {f"cpm_{plan.name.replace('-', '_')}.py": text}
