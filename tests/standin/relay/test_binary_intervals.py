"""Binary intervals are refused: the driver would read PostgreSQL's format wrongly, a day as a month."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sparkify_dwh.redshift.errors import RedshiftError
from sparkify_dwh.standin.protocol import wire
from sparkify_dwh.standin.relay.binary_intervals import INTERVAL, BinaryIntervals

TEXT = 25


def refused(connection: Connection, sql: str, *parameters: object) -> str:
    with pytest.raises(DBAPIError) as raised:
        connection.exec_driver_sql(sql, parameters)
    fields = raised.value.orig.args[0]  # type: ignore[union-attr]
    return f"{fields['C']} {fields['M']}"


def test_a_difference_of_times_is_refused(connection: Connection) -> None:
    """Not a number of months. ``interval_recv_integer`` in redshift_connector/utils/type_utils.py"""
    message = "0A000 the stand-in cannot send an interval in binary: use DATEDIFF"
    assert refused(connection, "SELECT TIMESTAMP '2018-11-02 01:00' - TIMESTAMP '2018-11-01'") == message
    connection.rollback()
    assert refused(connection, "SELECT 1 AS a, max(start_time) - min(start_time) FROM songplays") == message


def test_a_timedelta_is_refused(connection: Connection) -> None:
    message = refused(connection, "SELECT TIMESTAMP '2018-11-02' + :1", timedelta(days=1))
    assert message == "0A000 the stand-in cannot read an interval in binary: use DATEADD"


def test_intervals_work_inside_a_statement(connection: Connection) -> None:
    sql = "SELECT TIMESTAMP 'epoch' + 2 * INTERVAL '1 day', DATEDIFF(hour, '2018-11-01', '2018-11-02 01:00')"
    assert connection.exec_driver_sql(sql).all() == [(datetime(1970, 1, 3), 25)]


# ---------------------------------------------------------------------- the messages


def bind(parameter_formats: list[int], values: list[bytes | None], column_formats: list[int]) -> bytes:
    """The body of a Bind message after its names."""
    sent = b"".join(
        struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in values
    )
    return b"".join([
        struct.pack(f"!{len(parameter_formats) + 1}h", len(parameter_formats), *parameter_formats),
        struct.pack("!h", len(values)), sent,
        struct.pack(f"!{len(column_formats) + 1}h", len(column_formats), *column_formats),
    ])  # fmt: skip


def known(parameters: list[int], columns: list[int]) -> BinaryIntervals:
    intervals = BinaryIntervals()
    intervals.described(b"t", struct.pack(f"!h{len(parameters)}I", len(parameters), *parameters))
    fields = b"".join(b"a\x00" + struct.pack("!IhIhih", 0, 0, oid, 16, -1, 0) for oid in columns)
    intervals.described(b"T", struct.pack("!h", len(columns)) + fields)
    return intervals


@pytest.mark.parametrize(
    ("formats", "error"),
    [
        (bind([], [b"x", b"1 day"], []), None),  # all are texts
        (bind([0], [b"x", None], [0]), None),
        (bind([1, 0], [b"x", None], [1, 0]), None),
        (bind([1], [b"x", bytes(12)], []), "read"),
        (bind([0, 1], [b"x", bytes(12)], [1]), "read"),
        (bind([], [None, None], [0, 1]), "send"),
        (bind([], [None, None], [1]), "send"),
        (b"\x00", None),  # which PostgreSQL refuses
        (b"\x00\x00\x00\x05", None),
    ],
)
def test_only_binary_intervals_are_refused(formats: bytes, error: str | None) -> None:
    intervals = known([TEXT, INTERVAL], [TEXT, INTERVAL])
    if error is None:
        intervals.check(formats)
        return
    with pytest.raises(RedshiftError, match=error):
        intervals.check(formats)


def test_a_statement_without_intervals_and_one_that_is_not_described_pass() -> None:
    everything = bind([1], [bytes(12), bytes(12)], [1])
    known([TEXT], [TEXT]).check(everything)
    BinaryIntervals().check(everything)


def test_column_types_are_read_with_names_in_any_encoding() -> None:
    """The names are in the client's encoding."""
    column = b"caf\xe9\x00" + struct.pack("!IhIhih", 0, 0, INTERVAL, 16, -1, 0)
    assert wire.column_types(struct.pack("!h", 2) + column + column) == [INTERVAL, INTERVAL]


def test_the_types_of_parameters_are_read() -> None:
    assert wire.parameter_types(struct.pack("!hII", 2, TEXT, INTERVAL)) == (TEXT, INTERVAL)
    assert wire.parameter_types(bytes(2)) == ()
