"""Connections to the warehouse and their credentials."""
