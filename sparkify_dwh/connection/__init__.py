"""Connections to the warehouse, and the credentials they use."""
