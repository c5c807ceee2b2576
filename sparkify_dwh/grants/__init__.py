"""The rights of database users: what analysts and loaders need, what they have, and granting what is missing.

report = grant(settings, "analyst", Grantee("ROLE", "analysts"))    # or dry_run=True, which grants nothing
for statement in report.statements: ...                             # its SQL, and whether it was granted before
"""

from __future__ import annotations

from sparkify_dwh.grants.granting import GrantReport, grant
from sparkify_dwh.redshift.grants import Grantee

__all__ = ["GrantReport", "Grantee", "grant"]
