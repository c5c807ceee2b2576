"""``python -m sparkify_dwh`` is ``sparkify-dwh``."""

from sparkify_dwh.cli import main

main()
