"""``cluster up``: makes what is missing of a warehouse, from whatever state it is in."""

from __future__ import annotations

import ipaddress
import secrets
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import SERVERLESS
from sparkify_dwh.cluster import network, provisioned, subnets, tags
from sparkify_dwh.cluster.addresses import Network, networks, own_networks
from sparkify_dwh.cluster.advice import remarks
from sparkify_dwh.cluster.lifecycle import asked
from sparkify_dwh.cluster.resources import INCOMPLETE, Found
from sparkify_dwh.cluster.result import Options, Up
from sparkify_dwh.cluster.role import ensure_role
from sparkify_dwh.cluster.run import GOING, PAUSED, OnStep, Run, nobody, now
from sparkify_dwh.cluster.services import find, other, service_of
from sparkify_dwh.cluster.spec import ClusterSpec, Place, spec_of
from sparkify_dwh.config.fields import Name
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

Keep = Callable[[Mapping[Name, str]], None]
"""Writes values to the configuration, by section and key. Called with none first: then it says whether it could."""


def up(  # noqa: PLR0913 (what it is, and how it is shown)
    settings: Settings,
    options: Options | None = None,
    *,
    keep: Keep | None = None,
    on_step: OnStep = nobody,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Up:
    """Make the warehouse that [DWH] describes, as far as it is not there, wait for it, and say how to reach it.

    ``keep`` is given what the configuration should hold: a password that is made, before the cluster is; and the endpoint,
    the role and the like, when it is there.

    Raises:
        ConfigurationError: what is described cannot work, and nothing was changed; or ``keep`` failed at the end, and the
            message says what it was to keep.
        AwsError: AWS refused; what was made before stays, and the next run goes on from there.
    """
    options = options or Options()
    spec = spec_of(settings, public=options.public, cidrs=options.cidrs, secret=options.secret)
    given = networks(spec.cidrs, anyone=options.open_to_anyone)
    if keep and settings.is_standin:
        raise ConfigurationError(
            f"{settings.origin} is that of the stand-in, and would become a cluster's: remove [CLUSTER] HOST=standin first, "
            "or leave out --write"
        )
    if keep and not dry_run:
        keep({})
    with asked(settings, aws) as asked_aws:
        creation = _Creation(Run(asked_aws, on_step, dry_run, sleep), settings, spec, options, given, keep)
        made = creation.carried_out()
    if keep and not dry_run:
        _keep(keep, made.values(settings))
    return made


def _keep(keep: Keep, values: Mapping[Name, str]) -> None:
    """Write down how it is reached; where that fails, say it, for it is there and costs."""
    try:
        if values:
            keep(values)
    except ConfigurationError as error:
        told = ", ".join(f"[{section}] {key}={value}" for (section, key), value in values.items())
        raise ConfigurationError(f"{error}. The warehouse is there; set {told}") from error


@dataclass
class _Creation:
    """One run of it."""

    run: Run
    settings: Settings
    spec: ClusterSpec
    options: Options
    given: list[Network]
    keep: Keep | None
    made_password: Secret | None = None

    def carried_out(self) -> Up:
        found = self._found()
        if found and found.port:  # it cannot be changed by configuring another
            self.spec = replace(self.spec, port=found.port)
        lacking = found is None or found.state == INCOMPLETE
        password = self._password(found) if lacking else None
        public = self.spec.public if found is None or self.spec.public is not None else found.public
        vpc, addresses = network.vpc_of(self.run.aws, self.spec, found)
        role_arn = ensure_role(self.run, self.spec, self.settings)
        group = network.ensure_group(self.run, self.spec, vpc, lambda: self._wanted(addresses, bool(public)))
        provisioned_anew = lacking and self.spec.kind != SERVERLESS
        subnet_group = subnets.ensure_subnet_group(self.run, self.spec) if provisioned_anew else None
        attached = role_arn.split(",")[0]  # of chained roles, the one that takes on the next
        place = Place(attached, group, subnet_group, own_role=self.spec.role_arn is None)
        if lacking:
            self._service().create(self.run, self.spec, place=place, password=password, marks=self._marks())
            self._service().wait_until_available(self.run, self.spec.identifier)
            found = self._service().find(self.run.aws, self.spec.identifier) if found else None
        if found and not (lacking and self.run.dry):
            self._complete(found, place)
        return self._result(role_arn)

    def _service(self) -> Any:
        return service_of(self.spec.kind)

    def _found(self) -> Found | None:
        """The warehouse of this name, if it is there; AwsError when it is somebody else's, or of the other kind."""
        spec = self.spec
        found = {one.kind: one for one in find(self.run.aws, spec.identifier, spec.kind)}
        elsewhere, here = found.get(other(spec.kind)), found.get(spec.kind)
        if elsewhere and elsewhere.is_ours:
            raise AwsError(
                f"{spec.identifier} is there as {elsewhere.kind}, and the configuration describes {spec.size}: run "
                "`sparkify-dwh cluster down` first, or give it another DWH_CLUSTER_IDENTIFIER"
            )
        if here and not here.is_ours:
            raise AwsError(
                f"the name is taken: {spec.identifier} is there in {self.run.aws.region} and was not made by sparkify-dwh; "
                "give another DWH_CLUSTER_IDENTIFIER, or use it by its HOST without `cluster up`"
            )
        if here and here.state in GOING:
            raise AwsError(f"{spec.identifier} is still being deleted ({here.state}): wait, and run this again")
        return here

    def _wanted(self, addresses: str, public: bool) -> list[Network]:
        towards = str(ipaddress.IPv4Network(addresses)[1])
        return self.given or own_networks(public=public, towards=towards, service=self.options.address_service)

    def _password(self, found: Found | None) -> Secret | None:
        """The first user's password; None when Redshift makes and keeps it. One that is made is kept before it is used."""
        if self.spec.secret_kept or found:
            return None
        if self.spec.password:
            return self.spec.password
        if self.settings.iam:
            return new_password()  # nobody needs to know it
        if self.keep is None:
            raise ConfigurationError(
                "the cluster's first user needs a password, and none is configured: pass --write to have one made and "
                "written to dwh.cfg, or --secret to have it kept in Secrets Manager, or set IAM=true or DWH_DB_PASSWORD"
            )
        self.made_password = new_password()
        self.run.tell(f"make a password for {self.spec.admin}, and write it to the configuration")
        if not self.run.dry:
            logs_in = self.settings.db_user in (None, self.spec.admin)  # else DB_PASSWORD is that of another user
            name = ("CLUSTER", "DB_PASSWORD") if logs_in else ("DWH", "DWH_DB_PASSWORD")
            self.keep({name: self.made_password.reveal()})
        return self.made_password

    def _marks(self) -> dict[str, str]:
        role = None if self.spec.role_arn else self.spec.role_name
        return tags.tags_of(self.spec.identifier, role, now() + self.options.ttl if self.options.ttl else None)

    def _complete(self, found: Found, place: Place) -> None:
        """Bring one that is there to where it should be."""
        service, run = self._service(), self.run
        if found.state in (PAUSED, "pausing"):
            provisioned.resume(run, found)
        elif not found.is_available:
            service.wait_until_available(run, found.identifier)
        service.amend(run, found, self.spec, place)
        service.wait_until_available(run, found.identifier)
        if self.options.ttl:
            marks = self._marks()
            run.tell(f"set the end of its time to {marks[tags.EXPIRES]}")
            if not run.dry:
                service.tag(run, found, marks)

    def _result(self, role_arn: str) -> Up:
        found = self._service().find(self.run.aws, self.spec.identifier)
        planned = Found(self.spec.kind, self.spec.identifier, "planned", self.spec.size, port=self.spec.port)
        here = found or replace(
            planned, database=self.spec.database, admin=self.spec.admin, public=bool(self.spec.public)
        )
        groups = network.groups_at(self.run.aws, here) or network.find_groups(self.run.aws, self.spec.identifier)
        opened = tuple(network.sources(groups, self.spec.port))
        return Up(
            identifier=self.spec.identifier,
            region=self.run.aws.region,
            size=here.size,
            role_arn=role_arn,
            host=here.host,
            port=here.port,
            database=here.database,
            admin=here.admin,
            secret_arn=here.secret_arn,
            public=here.public,
            vpc=here.vpc,
            opened=opened,
            expires=here.expires,
            done=tuple(self.run.done),
            remarks=tuple(remarks(here, opened, self.spec, self.settings, has_password=bool(self.made_password))),
            password=self.made_password or self.spec.password,
        )


def new_password() -> Secret:
    """32 letters and digits, with a small letter, a capital and a digit in front, as Redshift demands."""
    alphabet = string.ascii_letters + string.digits
    parts = (string.ascii_lowercase, string.ascii_uppercase, string.digits, *[alphabet] * 29)
    return Secret("".join(secrets.choice(part) for part in parts))
