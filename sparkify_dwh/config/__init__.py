"""dwh.cfg: how it is read and written, and the forms that its values have."""
