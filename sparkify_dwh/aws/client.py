"""Asking AWS: as whom, in which region, and with errors that say what to do.

Credentials are those of the environment and the profile, as everywhere with AWS; then [AWS] KEY and SECRET; then, where
these are not given, the role of the machine. boto3 is slow to import and is imported with the first request.

What is sent and answered may hold passwords, so botocore writes nothing of it to logs, whatever their level.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from sparkify_dwh.aws.errors import NOT_AWS, failure, refusal
from sparkify_dwh.aws.quiet import quiet
from sparkify_dwh.errors import AwsError, ConfigurationError
from sparkify_dwh.utils.secret import Secret

CONNECT_TIMEOUT_SECONDS = 10  # boto3 waits 60, five times over
TEMPORARY_KEY = "ASIA"  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html


class Aws:
    """The services of AWS for one identity in one region.

    ``hurried`` gives up after a few seconds instead of trying again: for questions whose answer is only a hint. May be used
    by several threads.
    """

    def __init__(
        self,
        *,
        key: Secret | None = None,
        secret: Secret | None = None,
        region: str | None = None,
        hurried: bool = False,
    ) -> None:
        self._keys = (key, secret)
        self._region = region
        self._hurried = hurried
        self._made: Any = None
        self._account: str | None = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.RLock()

    @property
    def region(self) -> str:
        """The region that is asked; ConfigurationError when nothing says which."""
        region = self._region or os.environ.get("AWS_REGION") or self._core().get_config_variable("region")
        if not region:
            raise ConfigurationError(
                "the region of AWS is not known: set [AWS] REGION, AWS_REGION or that of the profile, such as us-west-2"
            )
        return str(region)

    @property
    def partition(self) -> str:
        """``aws``, or that of China or the US government, as ARNs begin with it."""
        with self._explained():
            return str(self._core().get_partition_for_region(self.region))

    def call(self, service: str, operation: str, *, absent: Collection[str] = (), **parameters: Any) -> dict[str, Any]:
        """The answer to one request; empty when AWS answers with one of the codes that ``absent`` lists.

        ``operation`` is the name of boto3's method, such as create_cluster. Raises AwsError for everything else.
        """
        try:
            with self._asked(service, parameters) as client:
                answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except AwsError as error:
            if error.code in absent:
                return {}
            raise
        return answer

    def pages(self, service: str, operation: str, found: str, **parameters: Any) -> list[dict[str, Any]]:
        """Everything under the key ``found`` of all the pages of a listing."""
        with self._asked(service, parameters) as client:
            pages = client.get_paginator(operation).paginate(**parameters)
            return [item for page in pages for item in page.get(found, ())]

    def is_offered(self, service: str) -> bool:
        """Whether AWS is known to have this service in the region."""
        with self._explained():
            return self.region in self._core().get_available_regions(service, self.partition)

    def account(self) -> str:
        """The number of the account."""
        if self._account is None:
            self._account = str(self.call("sts", "get_caller_identity")["Account"])
        return self._account

    def client(self, service: str) -> Any:
        """boto3's client for a service, made when it is first asked for."""
        with self._lock:
            if service not in self._clients:
                import boto3
                from botocore.config import Config

                retries = {"total_max_attempts": 1, "mode": "standard"} if self._hurried else None
                timeout = 3 if self._hurried else CONNECT_TIMEOUT_SECONDS
                config = Config(connect_timeout=timeout, read_timeout=timeout if self._hurried else 60, retries=retries)
                session = boto3.session.Session(botocore_session=self._core())
                self._clients[service] = session.client(service, region_name=self.region, config=config)
            return self._clients[service]

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def __enter__(self) -> Aws:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _core(self) -> Any:
        """botocore's session, with its credentials found."""
        with self._lock:
            if self._made is None:
                with self._explained():
                    self._made = _session(*self._keys)
            return self._made

    @contextmanager
    def _asked(self, service: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
        """The client for a service; what it raises becomes an AwsError that holds none of the passwords that were sent."""
        from botocore.exceptions import ClientError

        with self._explained(), quiet:
            try:
                yield self.client(service)
            except ClientError as error:
                told = refusal(service, error.operation_name, error.response, self.region)
                sent = [str(value) for name, value in parameters.items() if "password" in name.lower()]
                if not any(password in str(error) for password in sent):
                    raise told from error
                for password in sent:
                    told = AwsError(str(told).replace(password, "***"), told.code)
                raise told from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError
        from botocore.parsers import ResponseParserError

        try:
            yield
        except ResponseParserError:  # not chained: it quotes the answer, which may be one with a password
            raise AwsError(NOT_AWS, ResponseParserError.__name__) from None
        except BotoCoreError as error:
            # Not chained: some of these quote the values of parameters.
            raise failure(error, self._unknown_region()) from None
        except ValueError as error:
            if "endpoint" not in str(error).lower():
                raise
            raise AwsError("AWS cannot be reached: AWS_ENDPOINT_URL must be a URL like http://host:port") from None

    def _unknown_region(self) -> str | None:
        """The region, when it is none that boto3 has heard of."""
        core = self._made
        if core is None:
            return None
        region = self._region or os.environ.get("AWS_REGION") or core.get_config_variable("region")
        known = {
            name
            for partition in core.get_available_partitions()
            for name in core.get_available_regions("redshift", partition)
        }
        return region if region not in known else None


def has_credentials() -> bool:
    """Whether environment or profile give credentials, before which [AWS] KEY and SECRET stand back."""
    import botocore.session

    with Aws()._explained():
        return _without_machine_roles(botocore.session.Session()).get_credentials() is not None


def _session(key: Secret | None, secret: Secret | None) -> Any:
    """A session of the environment or the profile; of the key when these give nothing; else of the machine's role."""
    import botocore.session

    session = botocore.session.Session()
    session.register_component("data_loader", _descriptions())
    if key and secret and _without_machine_roles(session).get_credentials() is None:
        if key.reveal().startswith(TEMPORARY_KEY):
            raise ConfigurationError(
                "[AWS] KEY is that of temporary credentials, which need a session token, for which there is no key: put all "
                "three into the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN) or into a profile"
            )
        session.set_credentials(key.reveal(), secret.reveal())
    return session


@cache
def _descriptions() -> Any:
    """botocore's descriptions of the services, read once for all sessions: that of EC2 alone takes a tenth of a second."""
    import botocore.session

    return botocore.session.Session().get_component("data_loader")


def _without_machine_roles(session: Any) -> Any:
    resolver = session.get_component("credential_provider")
    for role in ("container-role", "iam-role"):
        resolver.remove(role)
    return session
