"""Provisioned and Serverless behind one set of verbs."""

from __future__ import annotations

import logging
from typing import Protocol

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind
from sparkify_dwh.cluster import provisioned, serverless
from sparkify_dwh.cluster.found import Found
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import ClusterSpec, Place
from sparkify_dwh.errors import AwsError
from sparkify_dwh.secret import Secret

log = logging.getLogger("sparkify_dwh.cluster")


class Service(Protocol):
    """What both modules, ``provisioned`` and ``serverless``, can do."""

    def find(self, aws: Aws, identifier: str) -> Found | None: ...

    def find_own(self, aws: Aws) -> list[Found]: ...

    def create(
        self, run: Run, spec: ClusterSpec, *, place: Place, password: Secret | None, marks: dict[str, str]
    ) -> None: ...

    def amend(self, run: Run, found: Found, spec: ClusterSpec, place: Place) -> None: ...

    def tag(self, run: Run, found: Found, marks: dict[str, str]) -> None: ...

    def delete(self, run: Run, found: Found, snapshot: str | None) -> None: ...

    def wait_until_available(self, run: Run, identifier: str) -> None: ...


def service_of(kind: Kind) -> Service:
    return serverless if kind == SERVERLESS else provisioned


def other(kind: Kind) -> Kind:
    return PROVISIONED if kind == SERVERLESS else SERVERLESS


def find(aws: Aws, identifier: str, kind: Kind) -> list[Found]:
    """The warehouses of this name, first that of ``kind``.

    One of the other kind is there when the configuration was changed in between: it costs, and must not be overlooked.
    """
    found = [service_of(kind).find(aws, identifier)]
    try:
        found.append(service_of(other(kind)).find(aws, identifier))
    except AwsError as error:  # whoever uses one kind need not have the right to ask for the other
        log.info("not looked for as %s: %s", other(kind), error)
    return [one for one in found if one]


def find_own(aws: Aws) -> list[Found]:
    """All warehouses of the region that this program has made, of both kinds; AwsError when neither can be asked for."""
    errors: list[AwsError] = []
    found: list[Found] = []
    for service in (service_of(PROVISIONED), service_of(SERVERLESS)):
        try:
            found += service.find_own(aws)
        except AwsError as error:
            errors.append(error)
    if len(errors) > 1:
        raise errors[0]
    for problem in errors:
        log.warning("%s", problem)
    return found
