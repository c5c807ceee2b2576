"""Benchmarks of sparkify_dwh: ratios within one run on one machine. ``make bench``, or ``python -m benchmarks``.

sizes       numbers of events, songs ...  data        simulated input, cached by size
warehouses  the server under test         measure     seconds and bytes
staging, star, whole, growth, start       the parts: each yields rows of the table
rivals      other tools for the same job  stars       compares a rival's star with ours
table       the rows, as text and JSON    picture     the rows as bars
redshift_*  estimates for a real cluster  readme      puts the latest run into README.md
"""
