"""A warehouse for the time of a script."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster.creation import new_password, up
from sparkify_dwh.cluster.lifecycle import role_name_of
from sparkify_dwh.cluster.removal import down
from sparkify_dwh.cluster.result import Options, Up
from sparkify_dwh.cluster.run import OnStep, nobody
from sparkify_dwh.cluster.spec import ADMIN, identifier_of, spec_of
from sparkify_dwh.config.fields import variable
from sparkify_dwh.errors import AwsError, ConfigurationError, SparkifyError
from sparkify_dwh.settings import Settings

SAFETY_NET = timedelta(hours=8)
IDENTIFIER_VARIABLE = variable(("DWH", "DWH_CLUSTER_IDENTIFIER"))
_KEPT = 48  # of the name, so that the whole of the new one is in its role's

log = logging.getLogger("sparkify_dwh.cluster")


@contextmanager
def ephemeral(  # noqa: PLR0913 (what it is, and how it is shown)
    settings: Settings,
    options: Options | None = None,
    *,
    snapshot: bool = False,
    on_step: OnStep = nobody,
    aws: Aws | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Settings]:
    """Settings for a new warehouse like the one that [DWH] describes, which is deleted at the end, also after an error.

    It has a name of its own, so that one that is there already is never touched. It also carries an end of its time, 8 hours
    from now unless ``options`` has another: if the script is killed, `sparkify-dwh cluster expire` deletes it then.
    Its data go with it, unless a final ``snapshot`` is asked for.
    """
    if settings.is_standin:
        raise ConfigurationError(
            f"{settings.origin} is that of the stand-in, whose inputs no cluster can read: use one whose [S3] names buckets"
        )
    own = _of_its_own(settings)
    name = identifier_of(own)
    options = options or Options()
    if options.ttl is None:
        options = replace(options, ttl=SAFETY_NET)
    spec_of(own)  # what cannot work is said before there is anything to delete

    def remove() -> None:
        try:
            down(own, snapshot=snapshot, on_step=on_step, aws=aws, sleep=sleep)
        except SparkifyError as error:
            raise AwsError(
                f"the ephemeral warehouse {name} is not all gone: {error}; delete it with {IDENTIFIER_VARIABLE}={name} "
                "sparkify-dwh cluster down, or leave it to `sparkify-dwh cluster expire`"
            ) from error

    try:
        yield _reached(own, up(own, options, on_step=on_step, aws=aws, sleep=sleep))
    except BaseException:
        try:
            remove()
        except AwsError as error:  # what went wrong first is what the caller must hear of
            log.error("%s", error)  # noqa: TRY400 (its sentence says all)
        raise
    remove()


def _of_its_own(settings: Settings) -> Settings:
    """The same under another name, and with another role unless the role is not of our making."""
    identifier = f"{identifier_of(settings)[:_KEPT].rstrip('-')}-{secrets.token_hex(3)}"
    made_before = (settings.role_arn or "").endswith(f":role/{role_name_of(settings)}")
    dwh = {key: value for key, value in settings.dwh.items() if key != "DWH_IAM_ROLE_NAME"}
    return replace(
        settings,
        dwh=MappingProxyType(
            {**dwh, "DWH_CLUSTER_IDENTIFIER": identifier, "DWH_DB_USER": dwh.get("DWH_DB_USER", ADMIN)}
        ),
        host=None,
        role_arn=None if made_before else settings.role_arn,
        secret_arn=None,
        dwh_db_password=settings.dwh_db_password or new_password(),
    )


def _reached(settings: Settings, made: Up) -> Settings:
    return replace(
        settings,
        host=made.host,
        db_port=made.port or settings.db_port,
        db_name=made.database,
        db_user=made.admin,
        db_password=made.password,
        role_arn=made.role_arn,
        secret_arn=None if settings.iam else made.secret_arn,
    )
