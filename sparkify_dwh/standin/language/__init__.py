"""Reading SQL: tokens, names and literals, statements cut apart."""
