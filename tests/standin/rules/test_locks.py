"""LOCK on the stand-in. Redshift guide, r_LOCK"""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from sparkify_dwh.standin.errors import RedshiftError
from sparkify_dwh.standin.outcomes import PASSED
from sparkify_dwh.standin.plan import plan

MODE = "SELECT mode FROM pg_locks WHERE relation = 'users'::regclass AND pid = pg_backend_pid()"


@pytest.mark.parametrize("sql", ["LOCK users", "lock table users, public.songs;", 'LOCK TABLE "users"'])
def test_a_lock_passes_as_it_is_written(sql: str) -> None:
    assert plan(sql) is PASSED


@pytest.mark.parametrize("ending", [" IN SHARE MODE", " IN ACCESS EXCLUSIVE MODE", " NOWAIT", ", ONLY songs"])
def test_a_lock_has_no_mode(ending: str) -> None:
    word = ending.strip(", ").split()[-1 if "ONLY" in ending else 0]
    with pytest.raises(RedshiftError, match=f'syntax error at or near "{word}"') as error:
        plan(f"LOCK TABLE users{ending}")
    assert error.value.sqlstate == "42601"


def test_a_lock_is_access_exclusive(connection: Connection) -> None:
    connection.exec_driver_sql("LOCK TABLE users")
    assert "AccessExclusiveLock" in connection.exec_driver_sql(MODE).scalars().all()
