"""Reading Redshift's SQL: tokens, and the clauses that COPY and UNLOAD share."""
