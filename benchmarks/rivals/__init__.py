"""What people use instead, each in its own usual way.

duckdb_alone    DuckDB, in a file of its own          hand_written.sql   the star from our staging tables
row_by_row      psycopg2, a statement a row           pandas_to_sql      pandas, and SQL for the star
dlt_pipeline    dlt, and SQL for the star             star.sql           that SQL
on_postgres     one of these on our server            once               one load of one of them, in a process of its own
"""

from importlib.util import find_spec

PACKAGES = ("dlt", "duckdb", "pandas", "psycopg2")


def missing() -> list[str]:
    """The packages of the extra [bench] that rivals need and that are not installed."""
    return [package for package in PACKAGES if find_spec(package) is None]
