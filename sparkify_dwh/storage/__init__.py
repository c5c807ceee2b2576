"""The object store: S3 and local files behind one interface."""
