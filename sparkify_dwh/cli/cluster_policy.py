"""``sparkify-dwh cluster policy``: the IAM policies that the settings need, as JSON. It changes nothing."""

from __future__ import annotations

import click

from sparkify_dwh.cli.context import Invocation, pass_invocation
from sparkify_dwh.cli.output import print_json

# As in cluster.user_policies, which takes longer to import.
NAMES = ("trust", "role", "load", "cluster")


@click.command()
@click.argument("name", required=False, type=click.Choice(NAMES))
@pass_invocation
def policy(invocation: Invocation, name: str | None) -> None:
    """Print the IAM policies, with the least that the settings need: trust, role and load; or only NAME.

    \b
    trust    who may assume the role: Redshift
    role     what the role may do: read inputs and manifests, write exports
    load     what the person or machine that runs loads needs: list and read
             the inputs, write manifests and exports, log in
    cluster  what `cluster up` and `cluster down` need; only printed by name

    \b
    Example:  sparkify-dwh cluster policy
              sparkify-dwh cluster policy load > policy.json
    """
    from sparkify_dwh.cluster.user_policies import policy_document

    settings = invocation.settings()
    if name:
        print_json(policy_document(settings, name))
    else:
        print_json({each: policy_document(settings, each) for each in NAMES if each != "cluster"})
