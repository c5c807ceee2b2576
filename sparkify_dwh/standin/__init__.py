"""A server that the Redshift driver cannot tell from Redshift, for development and tests."""
