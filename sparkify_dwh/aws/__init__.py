"""Asking AWS: clients, their errors in words, and what the names of endpoints say."""
