"""A DAG for Airflow 2 or 3: examine the setup, load, check, and then report and export.

Put it into the folder of DAGs. ``sparkify-dwh`` must be on the worker's path, and the configuration at CONFIG. Take
passwords from a secrets backend into the environment (SPARKIFY_DWH_CLUSTER_DB_PASSWORD), or use IAM=true.

Airflow does not distinguish exit codes, so retries are set by task. The doctor and the load are idempotent: a load is one
transaction, which a failure or a killed worker rolls back, and loaded files are not loaded again. The check is not retried:
a failing check (exit code 8) means wrong rows, or that the newest play is older than 36 hours, because no new files arrive:
it fails again.
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

WITH_RETRIES = {"retries": 4, "retry_delay": timedelta(minutes=5), "retry_exponential_backoff": True}

with DAG(
    dag_id="sparkify_nightly",
    description="What people listened to yesterday",
    schedule="15 3 * * *",
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,  # one load takes everything that is missing, however many nights
    max_active_runs=1,
    default_args={"env": {"SPARKIFY_DWH_CONFIG": CONFIG}, "append_env": True, "retries": 0},
    tags=["sparkify"],
):
    doctor = BashOperator(task_id="doctor", bash_command="sparkify-dwh doctor", **WITH_RETRIES)
    load = BashOperator(task_id="load", bash_command="sparkify-dwh load --wait 7200", **WITH_RETRIES)
    check = BashOperator(task_id="check", bash_command="sparkify-dwh check --max-age 36h")
    report = BashOperator(
        task_id="report", bash_command="sparkify-dwh report -o /srv/sparkify/reports/{{ ds }}.html", **WITH_RETRIES
    )
    export = BashOperator(task_id="export", bash_command="sparkify-dwh export --overwrite", **WITH_RETRIES)

    doctor >> load >> check >> [report, export]
