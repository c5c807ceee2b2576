"""The retry policy of requests with a new role, which Redshift does not know at once."""

from __future__ import annotations

from sparkify_dwh.cluster.execution import RetryPolicy
from sparkify_dwh.cluster.spec import Infrastructure
from sparkify_dwh.errors import AwsError

_INVALID = ("InvalidParameterValue", "ValidationException")


def until_role_is_known(infrastructure: Infrastructure) -> RetryPolicy:
    """Retry requests that Redshift refuses because of the role. A configured role exists, and is not retried."""

    def is_temporary(error: AwsError) -> bool:
        return infrastructure.managed_role and error.code in _INVALID and "role" in str(error).lower()

    return RetryPolicy(is_temporary, minutes=2, reason="waiting until Redshift knows the new role")
