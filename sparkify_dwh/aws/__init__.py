"""Requests to AWS: sessions and clients, the meaning of errors, names of endpoints."""
