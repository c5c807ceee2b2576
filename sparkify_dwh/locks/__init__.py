"""Locks on tables, taken with a limit on the wait, and the sessions that hold them."""
