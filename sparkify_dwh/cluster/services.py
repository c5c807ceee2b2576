"""Provisioned and Serverless behind one set of verbs."""

from __future__ import annotations

import logging
from typing import Protocol

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind
from sparkify_dwh.aws.errors import is_denied, is_unreachable
from sparkify_dwh.cluster import provisioned, serverless
from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.run import Run
from sparkify_dwh.cluster.spec import ClusterSpec, Place
from sparkify_dwh.errors import AwsError
from sparkify_dwh.utils.secret import Secret

_API = {PROVISIONED: "redshift", SERVERLESS: serverless.SERVICE}

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

    def delete(self, run: Run, found: Found, snapshot: str | None) -> str | None: ...

    def wait_until_available(self, run: Run, identifier: str) -> None: ...


def service_of(kind: Kind) -> Service:
    return serverless if kind == SERVERLESS else provisioned


def other(kind: Kind) -> Kind:
    return PROVISIONED if kind == SERVERLESS else SERVERLESS


def find(aws: Aws, identifier: str, kind: Kind) -> list[Found]:
    """The warehouses of this name, first that of ``kind``.

    One of the other kind is there when the configuration was changed in between: it costs, and must not be overlooked.
    Whoever uses one kind need not have the right to ask for the other; then it is logged that it is not known.
    """
    found = [service_of(kind).find(aws, identifier)]
    try:
        found.append(service_of(other(kind)).find(aws, identifier))
    except AwsError as error:
        if is_denied(error):
            log.warning("whether there is a %s %s is not known: %s", other(kind), identifier, error)
        elif not (is_unreachable(error) and not aws.is_offered(_API[other(kind)])):
            raise
    return [one for one in found if one]


def find_own(aws: Aws) -> tuple[list[Found], list[AwsError]]:
    """All warehouses of the region that this program has made, of both kinds, and what kept it from seeing all.

    A permission that is lacking for one of the kinds is only logged; for both, it is an AwsError.
    """
    errors: list[AwsError] = []
    found: list[Found] = []
    for kind in (PROVISIONED, SERVERLESS):
        try:
            found += service_of(kind).find_own(aws)
        except AwsError as error:
            if aws.is_offered(_API[kind]) or not is_unreachable(error):
                errors.append(error)
    if len(errors) > 1:
        raise errors[0]
    for problem in filter(is_denied, errors):
        log.warning("only one kind of warehouse is looked for: %s", problem)
    return found, [problem for problem in errors if not is_denied(problem)]
