"""What COPY and UNLOAD share: authorization, clauses, the object store, pyarrow."""
