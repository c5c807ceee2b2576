"""What is the matter with this installation: its configuration, connection, rights, migrations, inputs and versions.

    diagnosis = examine()                   # of dwh.cfg and the environment
    for finding in diagnosis.findings: ...  # a state, a sentence that says what to do
    diagnosis.exit_code                     # that of the first problem

It goes on after a problem as far as it can. Nothing is changed, but for a small object that is written to MANIFESTS and to
EXPORT and removed again, and the lock of the loads, which is held for a moment.

A stand-in that does not run is started, as by every connection to it.

Limits: what Redshift's role may do is seen by nobody but Redshift; a load or an export shows it. All objects under the
inputs are listed, which takes a second for some thousands.
"""

from __future__ import annotations

from sparkify_dwh.doctor.examination import examine
from sparkify_dwh.doctor.findings import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "examine"]
