"""Limits of Redshift that are checked before a statement is sent."""

from __future__ import annotations

# statement_timeout, by which a load waits, is an integer of milliseconds. Redshift guide, r_statement_timeout
MAX_WAIT_SECONDS = 2_000_000

# MAXERROR is 100,000 at most, and fails at as many errors. Redshift guide, copy-parameters-data-load
MAX_ERRORS = 99_999

MAX_NAME_BYTES = 127  # of an identifier. Redshift guide, r_names

MAX_ROWS = 2**31 - 1  # of a LIMIT. Redshift guide, r_ORDER_BY_clause

MAX_VARCHAR_BYTES = 65_535  # of a column, and of a cast. Redshift guide, r_Character_types
