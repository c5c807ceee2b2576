"""AWS within this process: moto's servers of Redshift, IAM, EC2, STS and Secrets Manager, and one of Redshift Serverless.

Everything that a test makes has a name of its own, so nothing need be cleared away but security groups, for moto looks at
all of them whenever one is asked for. boto3 and moto take more than a second to import: it is done where they are used.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from sparkify_dwh import cluster
from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import Options
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret
from support.inputs import inputs_under
from support.serverless_api import ACCOUNT_ID, REGION, Quiet, ServerlessApi, ServerlessHandler, served

ADDRESS = "203.0.113.7"
PASSWORD = Secret("Pa55word-Of-The-Test")


def is_reading(operation: str) -> bool:
    """Whether a request changes nothing, by its name."""
    return operation.startswith(("Describe", "Get", "List"))


class AddressService(Quiet):
    """Says which address a request comes from."""

    def do_GET(self) -> None:  # noqa: N802 (as http.server calls it)
        self.answer(200, f"{ADDRESS}\n".encode())


@pytest.fixture
def address_service() -> Iterator[str]:
    """A service in whose eyes this machine is 203.0.113.7."""
    with served(AddressService) as address:
        yield address


SERVED = SimpleNamespace(api=ServerlessApi())


@pytest.fixture(scope="session")
def serverless_server() -> Iterator[str]:
    """The address of the server of Redshift Serverless, which all tests share."""
    with served(ServerlessHandler, served=SERVED) as address:
        yield address


@pytest.fixture
def serverless(s3_environment: None, serverless_server: str, monkeypatch: pytest.MonkeyPatch) -> ServerlessApi:
    """Redshift Serverless, with nothing in it."""
    SERVED.api = ServerlessApi()
    monkeypatch.setenv("AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS", serverless_server)
    return SERVED.api


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    """AWS as most tests ask it. Making its clients takes longer than most tests."""
    with Aws() as aws:
        yield aws


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def refused(client: Any, operation: str, code: str, message: str = "No.", *, times: int = 1) -> Iterator[None]:
    """Have a service that answers in XML refuse an operation so many times, as moto never does."""
    from botocore.awsrequest import AWSResponse

    service = client.meta.service_model.service_name
    form = "<Response><Errors>{}</Errors></Response>" if service == "ec2" else "<ErrorResponse>{}</ErrorResponse>"
    body = form.format(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>").encode()
    left = [None] * times

    def answer(request: Any, **_: Any) -> Any:
        return AWSResponse(request.url, 400, {}, _Body(body)) if left and left.pop() is None else None

    event = f"before-send.{service}.{operation}"
    client.meta.events.register_first(event, answer)
    try:
        yield
    finally:
        client.meta.events.unregister(event, answer)


def no_sleep(_seconds: float) -> None:
    """Time stands still."""


@dataclass
class Sent:
    """Every request by its operation, and the answers to operations that moto does not know."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def last(self, operation: str) -> dict[str, Any]:
        """The parameters of the last request of this kind."""
        return next(parameters for name, parameters in reversed(self.requests) if name == operation)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What boto3 is asked to send, which moto may be too lenient to mind."""
    from botocore.client import BaseClient

    noted = Sent()
    send = BaseClient._make_api_call

    def note(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        noted.requests.append((operation, parameters))
        return noted.answers.get(operation) or send(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", note)
    return noted


def within_moto(service: str, region: str = REGION) -> Any:
    """What moto holds of a service in a region; the partition ``aws`` is that of the services that have none."""
    from moto.backends import get_backend

    return get_backend(service)[ACCOUNT_ID][region]


INPUTS = inputs_under("s3://sparkify") | {"LOG_JSONPATH": "s3://sparkify/paths.json"}


@dataclass
class Account:
    """The account of the tests, and the name of the cluster that a test is about."""

    identifier: str
    serverless: ServerlessApi
    aws: Aws

    def settings(self, **changes: Any) -> Settings:
        """A configuration with a single node, as dwh.cfg would say it; ``dwh`` adds to [DWH]."""
        dwh = {"DWH_CLUSTER_IDENTIFIER": self.identifier, "DWH_NUM_NODES": "1", "DWH_CIDR": "198.51.100.0/24"}
        return Settings(**{"inputs": INPUTS, **changes, "dwh": dwh | changes.get("dwh", {})})

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """What AWS answers to a request of boto3."""
        return getattr(self.aws.client(service), operation)(**parameters)  # type: ignore[no-any-return]

    def cluster(self) -> dict[str, Any]:
        """The cluster as AWS describes it."""
        (cluster,) = self.ask("redshift", "describe_clusters", ClusterIdentifier=self.identifier)["Clusters"]
        return dict(cluster)

    def behind(self) -> Any:
        """The cluster within moto, whose state a test may set."""
        return within_moto("redshift").clusters[self.identifier]

    def default_vpc(self) -> str:
        (vpc,) = self.ask("ec2", "describe_vpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        return str(vpc["VpcId"])

    def exists(self) -> bool:
        return self.identifier in within_moto("redshift").clusters

    def is_empty(self) -> bool:
        """Whether nothing is left of the cluster and what was made with it."""
        serverless = {*self.serverless.namespaces, *self.serverless.workgroups}
        return not (self.exists() or self.groups() or self.roles() or self.identifier in serverless)

    def password(self) -> str:
        """That of the first user, as it was sent."""
        if self.exists():
            return str(self.behind().master_user_password)
        sent = [given for name, given in self.serverless.requests if name == "CreateNamespace"]
        return next(str(given["adminUserPassword"]) for given in sent if given["namespaceName"] == self.identifier)

    def groups(self) -> list[dict[str, Any]]:
        wanted = [{"Name": "group-name", "Values": [f"sparkify-dwh-{self.identifier}"]}]
        return list(self.ask("ec2", "describe_security_groups", Filters=wanted)["SecurityGroups"])

    def opened(self) -> list[str]:
        rules = [rule for group in self.groups() for rule in group["IpPermissions"]]
        return [f"{source['CidrIp']} {rule['FromPort']}" for rule in rules for source in rule["IpRanges"]]

    def roles(self) -> list[str]:
        found = self.aws.pages("iam", "list_roles", "Roles")
        return [role["RoleName"] for role in found if role["RoleName"].startswith(self.identifier)]


def up(account: Account, options: Options | None = None, **changes: Any) -> cluster.CreatedCluster:
    """Bring the account's cluster up, with a given password."""
    return cluster.up(account.settings(dwh_db_password=PASSWORD, **changes), options, aws=account.aws, sleep=no_sleep)


@pytest.fixture
def account(s3_environment: None, serverless: ServerlessApi, aws: Aws) -> Iterator[Account]:
    """An account in which the test's cluster is not there yet."""
    yield Account(f"sparkify-{uuid4().hex[:12]}", serverless, aws)
    for groups in within_moto("ec2").groups.values():
        for identifier in [identifier for identifier, group in groups.items() if group.name != "default"]:
            del groups[identifier]
