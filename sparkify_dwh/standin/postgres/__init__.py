"""The PostgreSQL server behind the stand-in, and sessions of it."""
