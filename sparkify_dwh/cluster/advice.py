"""Advice after ``cluster up``: where the cluster differs from what the configuration says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.settings import Settings

EVERYONE = ("0.0.0.0/0", "::/0")


def advise(
    cluster: ClusterDescription, opened: Sequence[str], spec: ClusterSpec, settings: Settings, *, has_password: bool
) -> Iterator[str]:
    """Yield sentences. ``has_password`` is True if this run generated a password and wrote it to the configuration."""
    if cluster.size != spec.size:
        yield f"It has {cluster.size}, but the configuration describes {spec.size}: resize it in the console."
    if not cluster.public:
        yield (
            f"It is not public: connect from within {cluster.vpc or 'its VPC'}, or through a VPN or a tunnel, or make it "
            "public with --public."
        )
    if {*EVERYONE} & {*opened}:
        yield f"Port {spec.port} is open to everyone: remove the rule in the EC2 console unless this is intended."
    if (name := settings.db_name) and cluster.database and name != cluster.database:
        yield f"It was created with the database {cluster.database}: create {name}, which [CLUSTER] DB_NAME names."
    if not settings.iam:
        yield from _advise_on_login(cluster, settings, has_password)


def _advise_on_login(cluster: ClusterDescription, settings: Settings, has_password: bool) -> Iterator[str]:
    if (user := settings.db_user) and user != cluster.admin:
        yield f"It was created with the user {cluster.admin}: create {user}, which [CLUSTER] DB_USER names."
    if (arn := settings.secret_arn) and arn != cluster.secret_arn:
        yield "[CLUSTER] SECRET_ARN names another cluster's secret and takes precedence over DB_PASSWORD: correct it."
    configured = (settings.secret_arn, settings.db_password, settings.dwh_db_password)
    if not (has_password or cluster.secret_arn or any(configured)):
        yield (
            f"The password of {cluster.admin} is not configured: set [CLUSTER] DB_PASSWORD or IAM=true, or change the "
            "password in the Redshift console."
        )
