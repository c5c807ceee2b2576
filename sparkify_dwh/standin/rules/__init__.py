"""What is done with each kind of statement: passed on in PostgreSQL's words, carried out, or refused."""
