"""What the one who reads the result of ``cluster up`` should know besides: where it is not what the configuration says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.spec import ClusterSpec
from sparkify_dwh.settings import Settings

EVERYBODY = ("0.0.0.0/0", "::/0")


def remarks(
    here: Found, opened: Sequence[str], spec: ClusterSpec, settings: Settings, *, has_password: bool
) -> Iterator[str]:
    """A sentence each. ``has_password`` says that one was made and written to the configuration in this run."""
    if here.size != spec.size:
        yield f"It has {here.size}, and the configuration describes {spec.size}: resize it in the console."
    if not here.public:
        yield f"It is not public: connect from within {here.vpc or 'its VPC'}, or through a VPN or a tunnel (or --public)."
    if {*EVERYBODY} & {*opened}:
        yield f"It is open to everybody at port {spec.port}: unless it must be, take the rule away in the console of EC2."
    if (name := settings.db_name) and here.database and name != here.database:
        yield f"It was made with the database {here.database}: create {name}, which [CLUSTER] DB_NAME names."
    if not settings.iam:
        yield from _of_the_login(here, settings, has_password)


def _of_the_login(here: Found, settings: Settings, has_password: bool) -> Iterator[str]:
    if (user := settings.db_user) and user != here.admin:
        yield f"It knows the user {here.admin} alone: create {user}, whom [CLUSTER] DB_USER names."
    if (arn := settings.secret_arn) and arn != here.secret_arn:
        yield "[CLUSTER] SECRET_ARN names a secret that is not this cluster's, and goes before DB_PASSWORD."
    known = has_password or here.secret_arn or settings.secret_arn or settings.db_password or settings.dwh_db_password
    if not known:
        yield (
            f"The password of {here.admin} is not configured: set [CLUSTER] DB_PASSWORD to it, or IAM=true, or change it in "
            "the console of Redshift."
        )
