"""A cluster for the duration of a script."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster.creation import up
from sparkify_dwh.cluster.execution import OnStep, Sleep, ignore_step
from sparkify_dwh.cluster.naming import identifier_of, role_name_of
from sparkify_dwh.cluster.options import CreatedCluster, Options
from sparkify_dwh.cluster.removal import down
from sparkify_dwh.cluster.spec import DEFAULT_ADMIN, generate_password, spec_of
from sparkify_dwh.config.fields import variable
from sparkify_dwh.errors import AwsError, ConfigurationError, SparkifyError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.logs import safe_logger

DEFAULT_TTL = timedelta(hours=8)
IDENTIFIER_VARIABLE = variable(("DWH", "DWH_CLUSTER_IDENTIFIER"))
MAX_PREFIX = 48  # characters of the name, so that the role's name contains the whole new one

log = safe_logger("sparkify_dwh.cluster")


@contextmanager
def ephemeral(  # noqa: PLR0913 (the task, and how to carry it out)
    settings: Settings,
    options: Options | None = None,
    *,
    snapshot: bool = False,
    on_step: OnStep = ignore_step,
    aws: Aws | None = None,
    sleep: Sleep = time.sleep,
) -> Iterator[Settings]:
    """Yield settings for a new cluster like the one that [DWH] describes. It is deleted at the end, also after an error.

    It has a name of its own, so that an existing cluster is never touched. It also has a time to live, by default 8 hours:
    if the script is killed, `sparkify-dwh cluster expire` deletes it then. Its data are lost unless a final ``snapshot`` is
    requested.
    """
    if settings.is_standin:
        raise ConfigurationError(
            f"{settings.origin} is that of the stand-in, whose inputs no cluster can read",
            "use one whose [S3] names buckets",
        )
    own_settings = _rename(settings)
    name = identifier_of(own_settings)
    options = options or Options()
    if options.ttl is None:
        options = replace(options, ttl=DEFAULT_TTL)
    spec_of(own_settings)  # raises for an invalid configuration, before there is anything to delete

    def remove() -> None:
        try:
            down(own_settings, snapshot=snapshot, on_step=on_step, aws=aws, sleep=sleep)
        except SparkifyError as error:
            raise AwsError(
                f"The ephemeral warehouse {name} is not completely deleted: {error}",
                f"Delete it with {IDENTIFIER_VARIABLE}={name} sparkify-dwh cluster down, or leave it to "
                "`sparkify-dwh cluster expire`",
            ) from error

    try:
        cluster = up(own_settings, options, on_step=on_step, aws=aws, sleep=sleep)
        yield _connect_to(own_settings, cluster)
    except BaseException:
        try:
            remove()
        except AwsError as error:  # the first error is the one to raise
            log.error("%s", error)  # noqa: TRY400 (its sentence says everything)
        raise
    remove()


def _rename(settings: Settings) -> Settings:
    """Return the settings with a new name, and with a new role unless the configured one is not ours."""
    identifier = f"{identifier_of(settings)[:MAX_PREFIX].rstrip('-')}-{secrets.token_hex(3)}"
    is_managed_role = (settings.role_arn or "").endswith(f":role/{role_name_of(settings)}")
    dwh = {key: value for key, value in settings.dwh.items() if key != "DWH_IAM_ROLE_NAME"}
    own = {"DWH_CLUSTER_IDENTIFIER": identifier, "DWH_DB_USER": dwh.get("DWH_DB_USER", DEFAULT_ADMIN)}
    return replace(
        settings,
        dwh=MappingProxyType({**dwh, **own}),
        host=None,
        role_arn=None if is_managed_role else settings.role_arn,
        secret_arn=None,
        dwh_db_password=settings.dwh_db_password or generate_password(),
    )


def _connect_to(settings: Settings, cluster: CreatedCluster) -> Settings:
    """Return the settings with the endpoint and the login of the cluster."""
    return replace(
        settings,
        host=cluster.host,
        db_port=cluster.port or settings.db_port,
        db_name=cluster.database,
        db_user=cluster.admin,
        db_password=cluster.password,
        role_arn=cluster.role_arn,
        secret_arn=None if settings.iam else cluster.secret_arn,
    )
