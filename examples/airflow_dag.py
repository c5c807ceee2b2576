"""A DAG for Airflow 2 or 3: look whether a load can work, load, check, and then report and export.

Put it into the folder of DAGs. ``sparkify-dwh`` must be on the worker's path, and the configuration where CONFIG says; take
passwords from a secrets backend into the environment (SPARKIFY_DWH_CLUSTER_DB_PASSWORD), or let IAM=true do without.

What is tried again, and what is not: Airflow knows no difference between exit codes, so each task has retries that suit it.
The doctor and the load may be run as often as one likes: a load is one transaction, which a failure or a killed worker rolls
back, and files that are loaded are not loaded again. A check that fails (exit code 8) fails again: rows are wrong, and a
person is told at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

CONFIG = "/srv/sparkify/dwh.cfg"

PATIENT = {"retries": 4, "retry_delay": timedelta(minutes=5), "retry_exponential_backoff": True}

with DAG(
    dag_id="sparkify_nightly",
    description="What people listened to yesterday",
    schedule="15 3 * * *",
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,  # one load takes in whatever is missing, however many nights it is
    max_active_runs=1,
    default_args={"env": {"SPARKIFY_DWH_CONFIG": CONFIG}, "append_env": True, "retries": 0},
    tags=["sparkify"],
):
    doctor = BashOperator(task_id="doctor", bash_command="sparkify-dwh doctor", **PATIENT)
    load = BashOperator(task_id="load", bash_command="sparkify-dwh load --wait 7200", **PATIENT)
    check = BashOperator(task_id="check", bash_command="sparkify-dwh check")
    report = BashOperator(
        task_id="report", bash_command="sparkify-dwh report -o /srv/sparkify/reports/{{ ds }}.html", **PATIENT
    )
    export = BashOperator(task_id="export", bash_command="sparkify-dwh export --overwrite", **PATIENT)

    doctor >> load >> check >> [report, export]
