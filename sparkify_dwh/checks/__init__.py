"""Data quality checks: the rules that rows must satisfy.

business    Sparkify's own rules, such as "songs have a positive duration": add one here
generic     keys, required values, references and allowed values, as the models declare them
check       what a check is, and its result
severity    error, warning, off, and how many failing rows remain a warning
rules       severities and allowed values of dwh.cfg
freshness   the age of the newest event and of the last successful load
combined    many checks in one statement
run, scope  running them, on a batch or on the whole warehouse
"""
