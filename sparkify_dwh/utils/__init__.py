"""Small helpers for text, dates and secrets."""
