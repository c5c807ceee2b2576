"""The most that Redshift takes, for those who refuse more before it is sent."""

from __future__ import annotations

# statement_timeout, by which a load waits, is an integer of milliseconds. Redshift guide, r_statement_timeout
LONGEST_WAIT_SECONDS = 2_000_000

# MAXERROR is 100,000 at most, and fails at as many errors. Redshift guide, copy-parameters-data-load
MOST_ERRORS = 99_999

MOST_ROWS = 2**31 - 1  # of a LIMIT. Redshift guide, r_ORDER_BY_clause
