"""Redshift's COPY of JSON: from files to rows, and to rejects that name file, line and column. No sockets, no database.

statement   COPY as it is written          listing    which objects it reads
store       what it asks of their store    files      their bytes
json_*      documents, and paths in them   convert*   from a field to a column's value
row_reader  what a row is                  fast_*     the same rows, many at a time
json_load   files, document by document    fast_load  files, block by block
load        all of it together
"""
