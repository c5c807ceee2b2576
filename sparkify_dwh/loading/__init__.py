"""A load: S3 to staging by COPY, staging to star by merge, in one transaction."""
