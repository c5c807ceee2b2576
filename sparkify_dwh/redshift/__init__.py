"""Redshift as SQLAlchemy and Alembic see it.

dialect, literals        the SQLAlchemy dialect, with corrections of the one it is based on
reflection, catalogue    tables as they are in a cluster
alembic, autogenerate    migrations: the statements, and the physical design
commands                 COPY, UNLOAD, LOCK and DROP COLUMN as SQL constructs
copy_rules, parsing      what COPY makes of an input file; reading Redshift's SQL
limits, errors           what Redshift allows, and how it reports errors
"""
