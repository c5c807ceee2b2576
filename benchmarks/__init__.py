"""What sparkify_dwh is measured by: ratios within one run on one machine. ``make bench``, or ``python -m benchmarks``.

sizes       how much of everything        data        simulated input, made once per size
warehouses  a stand-in to measure on      measure     seconds and bytes
staging, star, whole, growth, start       the parts, each a function from a bench to the rows of the table
rivals      what people use instead       stars       whether a rival has made the same star
table       rows, and how they are told   picture     the same, drawn
"""
