"""Execution of questions: rows or a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, Row, Select
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.database import connected, server_message
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.migrate import require_migrated
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.utils.extras import require_extra

if TYPE_CHECKING:
    import pandas as pd


def run(question: Select[Any], settings: Settings | None = None) -> Sequence[Row[Any]]:
    """Run a question and return its rows: named tuples (``row.plays``).

    ``settings`` are those of dwh.cfg by default. On an open connection, ``connection.execute(question)`` does the same.

    Raises :class:`UnreachableError`, :class:`NotMigratedError`, and :class:`SparkifyError` with the server's message when
    the warehouse refuses the query.
    """
    with connected(settings or Settings.read()) as connection:
        require_migrated(connection, SPARKIFY)
        try:
            return connection.execute(question).all()
        except DBAPIError as error:
            raise SparkifyError(f"The warehouse could not answer: {server_message(error)}.") from error


def frame(question: Select[Any], settings: Settings | None = None) -> pd.DataFrame:
    """Run a question and return a DataFrame with its columns; days are ``datetime64``.

    Raises :class:`UsageError` when pandas is not installed.
    """
    require_extra("analysis", "A DataFrame", "pandas")
    import pandas as pd

    columns = question.selected_columns
    answer = pd.DataFrame.from_records(run(question, settings), columns=list(columns.keys()))
    days = [name for name, column in columns.items() if isinstance(column.type, Date)]
    return answer.astype(dict.fromkeys(days, "datetime64[s]"))
