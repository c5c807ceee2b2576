"""Redshift's UNLOAD: from the rows of a query to files in S3 or in local folders.

options     the options                      statement  the parser of the statement
query       its columns and SQL              targets    names of files, what may be overwritten, the manifest
text_files  CSV and JSON                     parquet    Parquet
run         the execution, in the client's transaction
"""
