"""Reading and changing SQL, on the tokens of ``redshift.parsing``.

reader            a cursor over a statement, read by phrases; names and literals for PostgreSQL
statement_tokens  tokens by index, with their brackets and neighbours
text              the statements of a script, the arguments of a call, edits
"""
