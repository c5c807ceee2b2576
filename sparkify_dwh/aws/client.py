"""Requests to the services of AWS, with errors that say what to do.

boto3 is slow to import and is imported with the first request. Requests and answers may contain passwords, so botocore logs
none of them, whatever the level.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sparkify_dwh.aws.errors import Request, explained
from sparkify_dwh.aws.sessions import AccessKey, Limits, new_client, new_session, region_in_use
from sparkify_dwh.aws.wire_logs import quiet
from sparkify_dwh.errors import AwsError, ConfigurationError

HURRIED = Limits(connect_seconds=3, read_seconds=3, max_attempts=1)


class Aws:
    """The services of AWS for one identity in one region. May be used by several threads.

    ``is_hurried`` gives up after a few seconds and one attempt: for questions whose answer is only a hint.
    """

    def __init__(
        self, *, access_key: AccessKey | None = None, region: str | None = None, is_hurried: bool = False
    ) -> None:
        self._access_key = access_key
        self._region = region
        self._is_hurried = is_hurried
        self._made: Any = None
        self._account: str | None = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.RLock()

    @property
    def region(self) -> str:
        """The region of the requests. Raises ConfigurationError when it is not configured."""
        region = region_in_use(self.session(), self._region)
        if not region:
            raise ConfigurationError(
                "The region of AWS is not known",
                "set [AWS] REGION, AWS_REGION or that of the profile, such as us-west-2",
            )
        return region

    @property
    def partition(self) -> str:
        """``aws``, or that of China or the US government, as ARNs begin with it."""
        with self._explained("the partition"):
            return str(self.session().get_partition_for_region(self.region))

    def call(self, service: str, operation: str, *, absent: Collection[str] = (), **parameters: Any) -> dict[str, Any]:
        """Return the answer to a request; an empty one when AWS answers with one of the codes in ``absent``.

        ``operation`` is the name of boto3's method, such as create_cluster. Raises AwsError for other errors.
        """
        try:
            with self._asking(service, operation, parameters) as client:
                answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except AwsError as error:
            if error.code in absent:
                return {}
            raise
        return answer

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return everything under ``key`` of all the pages of a listing."""
        with self._asking(service, operation, parameters) as client:
            pages = client.get_paginator(operation).paginate(**parameters)
            return [item for page in pages for item in page.get(key, ())]

    def is_offered(self, service: str) -> bool:
        """Return whether boto3 knows that AWS has this service in the region."""
        with self._explained("the regions of services"):
            return self.region in self.session().get_available_regions(service, self.partition)

    def is_emulated(self, service: str) -> bool:
        """Return whether the requests to a service go to something other than AWS, such as LocalStack."""
        host = urlsplit(self.client(service).meta.endpoint_url).hostname or ""
        return not re.search(r"(^|[.])(amazonaws[.]com([.]cn)?|api[.]aws)$", host)

    def account(self) -> str:
        """Return the number of the account."""
        if self._account is None:
            self._account = str(self.call("sts", "get_caller_identity")["Account"])
        return self._account

    def client(self, service: str) -> Any:
        """Return boto3's client for a service, made when it is first asked for."""
        with self._lock:
            if service not in self._clients:
                limits = HURRIED if self._is_hurried else None
                self._clients[service] = new_client(self.session(), service, self.region, limits)
            return self._clients[service]

    def session(self) -> Any:
        """Return botocore's session, with its credentials."""
        with self._lock:
            if self._made is None:
                with self._explained("the credentials"):
                    self._made = new_session(self._access_key)
            return self._made

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

    @contextmanager
    def _asking(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
        """Give the client for a request; what it raises becomes an AwsError without the passwords that were sent."""
        with self._explained(service):
            client = self.client(service)
        action = f"{service}:{client.meta.method_to_api_mapping[operation]}"
        passwords = [str(value) for name, value in parameters.items() if "password" in name.lower()]
        try:
            with self._explained(action), quiet:
                yield client
        except AwsError as error:
            if not any(password in f"{error}{error.__cause__}" for password in passwords):
                raise
            message, hint = error.message, error.hint
            for password in passwords:
                message, hint = message.replace(password, "***"), hint.replace(password, "***")
            raise AwsError(message, hint, error.code) from None

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        region = self._region or (region_in_use(self._made, None) if self._made else None) or ""
        with explained(Request(action, region), self._unknown_region):
            yield

    def _unknown_region(self) -> str | None:
        """Return the region when boto3 does not know it."""
        session = self._made
        if session is None:
            return None
        region = region_in_use(session, self._region)
        known = {
            name
            for partition in session.get_available_partitions()
            for name in session.get_available_regions("redshift", partition)
        }
        return region if region not in known else None
