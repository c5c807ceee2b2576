"""Fixtures live in small modules named fix_*; what one test file needs alone stands in that file."""

pytest_plugins = [
    "fix_memory",  # first: what it says of the garbage collector holds for the imports of the others
    "fix_aws", "fix_cli", "fix_data", "fix_report", "fix_export", "fix_order", "fix_s3", "fix_servers", "fix_warehouse",
]  # fmt: skip
