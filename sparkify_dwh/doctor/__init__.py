"""Diagnose an installation: configuration, connection, rights, migrations, inputs and versions.

    diagnosis = examine()                   # dwh.cfg and the environment
    for finding in diagnosis.findings: ...  # a state, and a sentence that says what to do
    diagnosis.exit_code                     # the exit code of the first problem

The examination continues after a problem where it can. Nothing is changed, with two exceptions: a small object is written to
MANIFESTS and to EXPORT and removed again, and the load lock is held for a moment. A stand-in that is not running is
started, as by every connection to it.

Limits: only Redshift knows what its role may do; a load or an export shows it. All objects under the inputs are listed,
which takes about a second for a few thousand.
"""

from __future__ import annotations

from sparkify_dwh.doctor.examination import examine
from sparkify_dwh.doctor.findings import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "examine"]
