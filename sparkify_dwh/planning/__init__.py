"""The plan of a load: its files, validation of their records, and its SQL. Nothing is written.

plan               all of it                        report   as text and as JSON
file_warnings      warnings about an input's files, by name and size
validate_files     what COPY would reject, column by column, by the rules of ``redshift.copy_rules``
suspicious_values  what COPY accepts and the checks reject
"""
