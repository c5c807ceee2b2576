"""Fixtures live in small modules named fix_*; what one test file needs alone stands in that file."""

pytest_plugins = ["fix_aws", "fix_cli", "fix_data", "fix_report", "fix_export", "fix_s3", "fix_warehouse"]
