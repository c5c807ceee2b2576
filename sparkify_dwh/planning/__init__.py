"""The plan of a load: its files, validation of their records, and its SQL. Nothing is written."""
