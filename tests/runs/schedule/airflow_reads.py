"""What Airflow makes of a DAG file, as JSON: run by the interpreter of Airflow's own environment.

Arguments: the folder of DAGs, and two instants between which its runs are told.
"""

import json
import sys
from pathlib import Path

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable

folder, first, last = sys.argv[1:]
bag = DagBag(dag_folder=Path(folder))
(dag,) = bag.dags.values()
task = dag.get_task("due")

start, end = pendulum.parse(first), pendulum.parse(last)
timetable = CronTriggerTimetable(dag.timetable.expression, timezone=dag.timetable.timezone)
restriction = TimeRestriction(earliest=start, latest=end, catchup=True)
runs, interval = [], None
while (info := timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)) is not None:
    interval = DataInterval(info.data_interval.start, info.data_interval.end)
    rendered = task.render_template(task.bash_command, {"data_interval_end": interval.end}, dag.get_template_env())
    runs.append([interval.end.isoformat(), rendered])

said = {
    "errors": {str(path): str(error) for path, error in bag.import_errors.items()},
    "dag": dag.dag_id,
    "catchup": dag.catchup,
    "max_active_runs": dag.max_active_runs,
    "retries": task.retries,
    "runs": runs,
}
sys.stdout.write(json.dumps(said) + "\n")
