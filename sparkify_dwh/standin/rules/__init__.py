"""The rules for each kind of statement: pass it to PostgreSQL, rewrite it, carry it out, or refuse it.

unsupported_*    statements, syntax, clauses and functions that PostgreSQL has and Redshift refuses
translate        what is written differently in PostgreSQL; expressions does it inside a statement
the others       a kind of statement each
"""
