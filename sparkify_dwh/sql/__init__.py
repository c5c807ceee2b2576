"""Builders of the SQL that a load sends. Models in, statements out; nothing here takes a connection."""
