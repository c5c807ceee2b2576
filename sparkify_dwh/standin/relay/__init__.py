"""The wire between the driver and PostgreSQL: connections, sessions, messages.

listener, local_relay  accept connections                  startup          the first messages of a client
session                one client                          prepared         its prepared statements
requests, responses    messages in order, and answers      error_responses  errors, as Redshift words them
binary_intervals       a format that is refused
"""
