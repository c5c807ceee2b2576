"""Builders of the SQL that a load sends: models in, statements out.

copy_statements  the COPYs of a load; a staging model declares their options (``copy_clauses``)
deduplication    one record per natural key in staging
merge            from staging into a table of the star
batch            which part of the star a load touches
expressions      what Redshift lacks                      render   statements as text
"""
