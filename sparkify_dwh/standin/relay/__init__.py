"""The wire between the driver and PostgreSQL: connections, sessions, messages."""
