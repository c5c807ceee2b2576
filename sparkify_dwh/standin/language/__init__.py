"""Reading SQL: tokens, names and literals, statements of a script."""
