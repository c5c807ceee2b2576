"""Other tools for the same job, each in its usual way.

duckdb_alone    DuckDB, in a file of its own          hand_written.sql   the star from our staging tables
row_by_row      psycopg2, a statement a row           pandas_to_sql      pandas, and SQL for the star
dlt_pipeline    dlt, and SQL for the star             star.sql           that SQL
on_postgres     a rival on our server            once               one load by a rival in its own process
"""

from importlib.util import find_spec

PACKAGES = ("dlt", "duckdb", "pandas", "psycopg2")


def missing() -> list[str]:
    """Return the packages of the extra [bench] that rivals need and that are not installed."""
    return [package for package in PACKAGES if find_spec(package) is None]
