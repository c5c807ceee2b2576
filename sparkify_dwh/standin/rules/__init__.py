"""The rules for each kind of statement: pass it to PostgreSQL, rewrite it, carry it out, or refuse it."""
