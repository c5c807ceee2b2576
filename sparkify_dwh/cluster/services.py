"""Provisioned clusters and Serverless behind one interface."""

from __future__ import annotations

from typing import Protocol

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind
from sparkify_dwh.aws.errors import is_denied, is_not_implemented, is_unreachable
from sparkify_dwh.cluster import provisioned, serverless
from sparkify_dwh.cluster.description import ClusterDescription
from sparkify_dwh.cluster.execution import Execution
from sparkify_dwh.cluster.spec import ClusterSpec, Infrastructure
from sparkify_dwh.errors import AwsError
from sparkify_dwh.utils.logs import safe_logger
from sparkify_dwh.utils.secret import Secret

_API = {PROVISIONED: provisioned.SERVICE, SERVERLESS: serverless.SERVICE}

log = safe_logger("sparkify_dwh.cluster")


class Service(Protocol):
    """The interface of the modules ``provisioned`` and ``serverless``."""

    def find(self, aws: Aws, identifier: str) -> ClusterDescription | None: ...

    def find_managed(self, aws: Aws) -> list[ClusterDescription]: ...

    def create(
        self,
        execution: Execution,
        spec: ClusterSpec,
        *,
        infrastructure: Infrastructure,
        password: Secret | None,
        cluster_tags: dict[str, str],
    ) -> None: ...

    def update(
        self, execution: Execution, cluster: ClusterDescription, spec: ClusterSpec, infrastructure: Infrastructure
    ) -> None: ...

    def tag(self, execution: Execution, cluster: ClusterDescription, cluster_tags: dict[str, str]) -> None: ...

    def delete(self, execution: Execution, cluster: ClusterDescription, snapshot: str | None) -> str | None: ...

    def wait_until_available(self, execution: Execution, identifier: str) -> None: ...


def service_of(kind: Kind) -> Service:
    return serverless if kind == SERVERLESS else provisioned


def other_kind(kind: Kind) -> Kind:
    return PROVISIONED if kind == SERVERLESS else SERVERLESS


def find_clusters(aws: Aws, identifier: str, kind: Kind) -> list[ClusterDescription]:
    """Return the clusters of this name, first the one of ``kind``.

    One of the other kind exists when the configuration was changed in between. It must not be overlooked, because it costs.
    A user of one kind may lack the permission to look for the other, and an emulator of AWS may not have it; that is logged.
    """
    clusters = [service_of(kind).find(aws, identifier)]
    try:
        clusters.append(service_of(other_kind(kind)).find(aws, identifier))
    except AwsError as error:
        if is_denied(error) or _is_emulated_without(aws, other_kind(kind), error):
            log.warning("cannot look for a %s warehouse %s: %s", other_kind(kind), identifier, error)
        elif not _is_not_offered(aws, other_kind(kind), error):
            raise
    return [cluster for cluster in clusters if cluster]


def _is_not_offered(aws: Aws, kind: Kind, error: AwsError) -> bool:
    """Return whether an error says that AWS has no service of this kind in the region."""
    return is_unreachable(error) and not aws.is_offered(_API[kind])


def _is_emulated_without(aws: Aws, kind: Kind, error: AwsError) -> bool:
    """Return whether an error is that of an emulator which has no service of this kind."""
    return is_not_implemented(error) and aws.is_emulated(_API[kind])


def find_managed_clusters(aws: Aws) -> tuple[list[ClusterDescription], list[AwsError]]:
    """Return all clusters of the region that this program created, of both kinds, and errors that may hide others.

    A missing permission for one of the kinds, or an emulator that does not have it, is only logged; for both, it is raised.
    """
    errors: dict[Kind, AwsError] = {}
    clusters: list[ClusterDescription] = []
    for kind in (PROVISIONED, SERVERLESS):
        try:
            clusters += service_of(kind).find_managed(aws)
        except AwsError as error:
            if not _is_not_offered(aws, kind, error):
                errors[kind] = error
    if len(errors) > 1:
        raise next(iter(errors.values()))
    failures = []
    for kind, failure in errors.items():
        if is_denied(failure) or _is_emulated_without(aws, kind, failure):
            log.warning("only one kind of warehouse is looked for: %s", failure)
        else:
            failures.append(failure)
    return clusters, failures
