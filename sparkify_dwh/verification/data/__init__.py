"""The input that a verification loads, and the star that must come of it, computed in Python."""
