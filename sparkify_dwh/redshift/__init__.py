"""Redshift as SQLAlchemy and Alembic see it: the dialect, its statements, limits, and autogenerate."""
