"""dwh.cfg: the table of settings, and how it is read and written."""
