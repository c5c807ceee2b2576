"""The PostgreSQL server behind the emulator, and sessions of it."""
