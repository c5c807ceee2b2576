"""The warehouse's migrations, run by Alembic."""
