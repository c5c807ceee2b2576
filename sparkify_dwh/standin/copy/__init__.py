"""The stand-in's COPY: from files to rows, and to rejects that name file, line and column.

What it makes of a document is in `sparkify_dwh.redshift.copy_rules`.

listing        the objects that a COPY reads
files          their bytes, decompressed
json_load      JSON, document by document, or in blocks of many
fast_*         the rows of such a block
binary_rows    PostgreSQL's binary format
parquet        files in Parquet
load           a whole COPY, without a database
run            COPY as a statement of a session
"""
