"""``cluster up``: create what is missing of a cluster, from whatever state it is in."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster import provisioned, tags
from sparkify_dwh.cluster.addresses import Network, caller_networks, parse_networks
from sparkify_dwh.cluster.advice import advise
from sparkify_dwh.cluster.description import DELETING, INCOMPLETE, PAUSED, PAUSING, ClusterDescription
from sparkify_dwh.cluster.execution import Execution, OnStep, Sleep, ignore_step, now, open_execution
from sparkify_dwh.cluster.options import CreatedCluster, Options
from sparkify_dwh.cluster.role import ensure_role
from sparkify_dwh.cluster.security_groups import (
    attached_groups,
    ensure_security_group,
    find_managed_groups,
    open_sources,
)
from sparkify_dwh.cluster.services import Service, find_clusters, other_kind, service_of
from sparkify_dwh.cluster.spec import ClusterSpec, Infrastructure, generate_password, spec_of
from sparkify_dwh.cluster.vpc import ensure_subnet_group, find_vpc
from sparkify_dwh.config.fields import Name
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

_PASSWORDS = (
    "pass --write to generate one and write it to dwh.cfg, or --secret to keep it in Secrets Manager, or set IAM=true or "
    "DWH_DB_PASSWORD"
)

WriteValues = Callable[[Mapping[Name, str]], None]
"""Write values to the configuration, by section and key. Without values: raise if the configuration is not writable."""


def up(  # noqa: PLR0913 (the task, and how to carry it out)
    settings: Settings,
    options: Options | None = None,
    *,
    write_values: WriteValues | None = None,
    on_step: OnStep = ignore_step,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Sleep = time.sleep,
) -> CreatedCluster:
    """Create what is missing of the cluster that [DWH] describes, and wait until it is available.

    ``write_values`` writes to the configuration: a generated password before the cluster is created, and endpoint, role and
    the like at the end.

    Raises:
        ConfigurationError: the description is invalid, and nothing was changed; or ``write_values`` failed at the end, and
            the message contains the values.
        AwsError: AWS refused. What was created stays, and the next run continues from there.
    """
    options = options or Options()
    spec = spec_of(settings, public=options.public, cidrs=options.cidrs, secret=options.secret)
    networks = parse_networks(spec.cidrs, anyone=options.open_to_anyone)
    if write_values and settings.is_standin:
        raise ConfigurationError(
            f"{settings.origin} is that of the stand-in and would become a cluster's",
            "remove [CLUSTER] HOST=standin first, or leave out --write",
        )
    if write_values and not dry_run:
        write_values({})
    with open_execution(settings, aws, on_step, dry_run, sleep) as execution:
        cluster = _Creation(execution, settings, spec, options, networks, write_values).run()
    if write_values and not dry_run:
        _write_result(write_values, cluster.values(settings))
    return cluster


def _write_result(write_values: WriteValues, values: Mapping[Name, str]) -> None:
    """Write the values. If that fails, the error contains them, because the cluster exists and costs."""
    try:
        if values:
            write_values(values)
    except ConfigurationError as error:
        settings = ", ".join(f"[{section}] {key}={value}" for (section, key), value in values.items())
        raise ConfigurationError(str(error), f"The warehouse exists; set {settings}") from error


@dataclass
class _Creation:
    """One run of ``up``."""

    execution: Execution
    settings: Settings
    spec: ClusterSpec
    options: Options
    networks: Sequence[Network]
    write_values: WriteValues | None
    generated_password: Secret | None = None

    def run(self) -> CreatedCluster:
        existing = self._find_existing()
        if existing and existing.port:  # the port of an existing cluster is not changed
            self.spec = replace(self.spec, port=existing.port)
        is_missing = existing is None or existing.state == INCOMPLETE
        password = None if existing else self._password()
        infrastructure, role_arn = self._ensure_infrastructure(existing, is_missing)
        if is_missing:
            self._create(infrastructure, password)
            # a namespace without its workgroup may lack its role too
            existing = self.service.find(self.execution.aws, self.spec.identifier) if existing else None
        if existing and not (is_missing and self.execution.dry_run):
            self._update(existing, infrastructure)
        return self._result(role_arn)

    @property
    def service(self) -> Service:
        return service_of(self.spec.kind)

    def _find_existing(self) -> ClusterDescription | None:
        """Return the cluster of this name, if there is one. Raises AwsError if it is not ours, or of the other kind."""
        spec, region = self.spec, self.execution.aws.region
        clusters = {cluster.kind: cluster for cluster in find_clusters(self.execution.aws, spec.identifier, spec.kind)}
        of_other_kind, existing = clusters.get(other_kind(spec.kind)), clusters.get(spec.kind)
        if of_other_kind and of_other_kind.is_managed:
            raise AwsError(
                f"{spec.identifier} exists as {of_other_kind.kind}, but the configuration describes {spec.size}",
                "run `sparkify-dwh cluster down` first, or set another DWH_CLUSTER_IDENTIFIER",
            )
        if existing and not existing.is_managed:
            raise AwsError(
                f"{spec.identifier} exists in {region} and was not created by sparkify-dwh",
                "set another DWH_CLUSTER_IDENTIFIER, or use it by its HOST without `cluster up`",
            )
        if existing and existing.state in DELETING:
            raise AwsError(f"{spec.identifier} is still being deleted ({existing.state})", "wait, and run this again")
        return existing

    def _password(self) -> Secret | None:
        """Return the admin's password. None if Redshift generates it. A generated one is written before it is used."""
        if self.spec.managed_password:
            return None
        if self.spec.password:
            return self.spec.password
        if self.settings.iam:
            return generate_password()  # it is never needed
        if self.write_values is None:
            if not self.execution.dry_run:
                raise ConfigurationError(
                    "The cluster's first user needs a password, and none is configured", _PASSWORDS
                )
            self.execution.report(f"need a password for {self.spec.admin}, and none is configured: {_PASSWORDS}")
            return None
        self.generated_password = generate_password()
        self.execution.report(f"generate a password for {self.spec.admin} and write it to the configuration")
        if not self.execution.dry_run:
            is_admin = self.settings.db_user in (None, self.spec.admin)  # else DB_PASSWORD belongs to another user
            name = ("CLUSTER", "DB_PASSWORD") if is_admin else ("DWH", "DWH_DB_PASSWORD")
            self.write_values({name: self.generated_password.reveal()})
        return self.generated_password

    def _ensure_infrastructure(
        self, existing: ClusterDescription | None, is_missing: bool
    ) -> tuple[Infrastructure, str]:
        """Create role, security group and subnet group. Return them, and the configured or created chain of roles."""
        execution, spec = self.execution, self.spec
        public = existing.public if existing and spec.public is None else bool(spec.public)
        vpc, cidr_block = find_vpc(execution.aws, spec, existing)
        role_arn = ensure_role(execution, spec, self.settings)
        group = ensure_security_group(execution, spec, vpc, lambda: self._networks_to_open(cidr_block, public))
        needs_subnet_group = is_missing and spec.kind != SERVERLESS
        subnet_group = ensure_subnet_group(execution, spec) if needs_subnet_group else None
        first_role = role_arn.split(",")[0]  # of chained roles, the one that assumes the next
        return Infrastructure(first_role, group, subnet_group, managed_role=spec.role_arn is None), role_arn

    def _networks_to_open(self, cidr_block: str, public: bool) -> Sequence[Network]:
        towards = str(ipaddress.IPv4Network(cidr_block)[1])
        return self.networks or caller_networks(public=public, towards=towards, service=self.options.address_service)

    def _create(self, infrastructure: Infrastructure, password: Secret | None) -> None:
        self.service.create(
            self.execution,
            self.spec,
            infrastructure=infrastructure,
            password=password,
            cluster_tags=self._tags(),
        )
        self.service.wait_until_available(self.execution, self.spec.identifier)

    def _tags(self) -> dict[str, str]:
        role_name = None if self.spec.role_arn else self.spec.role_name
        return tags.tags_of(self.spec.identifier, role_name, now() + self.options.ttl if self.options.ttl else None)

    def _update(self, cluster: ClusterDescription, infrastructure: Infrastructure) -> None:
        """Bring an existing cluster to the described state."""
        service, execution = self.service, self.execution
        if cluster.state in (PAUSED, PAUSING):
            provisioned.resume(execution, cluster)
        elif not cluster.is_available:
            service.wait_until_available(execution, cluster.identifier)
        service.update(execution, cluster, self.spec, infrastructure)
        service.wait_until_available(execution, cluster.identifier)
        if self.options.ttl:
            cluster_tags = self._tags()
            execution.report(f"set its expiry to {cluster_tags[tags.EXPIRES]}")
            if not execution.dry_run:
                service.tag(execution, cluster, cluster_tags)

    def _result(self, role_arn: str) -> CreatedCluster:
        aws, spec = self.execution.aws, self.spec
        cluster = self.service.find(aws, spec.identifier) or _planned_cluster(spec)
        groups = attached_groups(aws, cluster) or find_managed_groups(aws, spec.identifier)
        opened = tuple(open_sources(groups, spec.port))
        has_password = self.generated_password is not None
        return CreatedCluster(
            identifier=spec.identifier,
            region=aws.region,
            size=cluster.size,
            role_arn=role_arn,
            host=cluster.host,
            port=cluster.port,
            database=cluster.database,
            admin=cluster.admin,
            secret_arn=cluster.secret_arn,
            public=cluster.public,
            vpc=cluster.vpc,
            opened=opened,
            expires=cluster.expires,
            done=tuple(self.execution.done),
            advice=tuple(advise(cluster, opened, spec, self.settings, has_password=has_password)),
            password=self.generated_password or spec.password,
        )


def _planned_cluster(spec: ClusterSpec) -> ClusterDescription:
    """Return what a dry run would create."""
    return ClusterDescription(
        spec.kind,
        spec.identifier,
        "planned",
        spec.size,
        port=spec.port,
        database=spec.database,
        admin=spec.admin,
        public=bool(spec.public),
    )
