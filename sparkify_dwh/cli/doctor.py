"""``sparkify-dwh doctor``: diagnose configuration, connection, rights, migrations, inputs and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.options import json_option
from sparkify_dwh.cli.output import echo, print_json, progress
from sparkify_dwh.errors import SparkifyError
from sparkify_dwh.utils.printable import printable
from sparkify_dwh.utils.text import numbered

if TYPE_CHECKING:
    from sparkify_dwh.doctor import Diagnosis

COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


@click.command()
@json_option
@pass_invocation
def doctor(invocation: Invocation, as_json: bool) -> None:
    """Check configuration, connection, rights, migrations, inputs and versions, and say what to do.

    It continues after a problem where it can, and exits with the code of the first: 3 configuration or credentials, 4
    connection or rights, 5 migrations, 6 inputs, 10 AWS refused the login. The exit code is 0 with only warnings.

    Nothing is changed, except that a small object, sparkify-dwh-doctor-..., is written to MANIFESTS and to EXPORT and
    removed at once. What Redshift's role may do cannot be checked from here; `load` and `export` show it.

    \b
    Example:  sparkify-dwh doctor
              sparkify-dwh doctor --json
    """
    from sparkify_dwh.doctor import examine

    with progress(quiet=as_json) as step:
        diagnosis = examine(invocation.config, warehouse=invocation.warehouse, on_step=step)
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        _print(diagnosis)
    if diagnosis.exit_code:
        raise ProblemsFoundError(diagnosis)


class ProblemsFoundError(SparkifyError):
    """The doctor found problems. The exit code is that of the first."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(f"{numbered(diagnosis.count('problem'), 'problem')} found; see the fixes above.")
        self.exit_code = diagnosis.exit_code


def _print(diagnosis: Diagnosis) -> None:
    for finding in diagnosis.findings:
        state = click.style(f"{finding.state:<8}", fg=COLOURS[finding.state])
        click.echo(f"{state} {finding.about:<14} {printable(finding.sentence)}")
    warnings = diagnosis.count("warning")
    if not diagnosis.exit_code:
        echo(f"No problems, {numbered(warnings, 'warning')}." if warnings else "No problems.")
