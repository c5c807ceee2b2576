"""Fixtures live in small modules named fix_*; what one test file needs alone stands in that file."""

pytest_plugins = ["fix_data", "fix_warehouse"]
