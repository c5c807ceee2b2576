"""Redshift's UNLOAD: from a query's rows to files, in S3 or local.

options     what each option is              statement  UNLOAD as it is written
query       its columns, and the SQL of rows targets    where the files go, what may be there, the manifest
text_files  CSV and JSON                     parquet    Parquet
run         all of it together, in the client's transaction
"""
