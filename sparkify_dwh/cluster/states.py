"""States of a cluster, in AWS's words in lower case, and two of our own."""

from __future__ import annotations

from collections.abc import Collection

from sparkify_dwh.errors import AwsError

AVAILABLE = "available"
PAUSED = "paused"
PAUSING = "pausing"
DELETING = ("deleting", "final-snapshot")
# States that a cluster does not leave by itself. https://docs.aws.amazon.com/redshift/latest/APIReference/API_Cluster.html
FAILED_PREFIXES = ("incompatible-", "hardware-failure", "storage-full", "failed")

# Our own: AWS finds no such cluster; a namespace without its workgroup, or the reverse.
GONE = "gone"
INCOMPLETE = "incomplete"

STALE_SECONDS = 120.0  # how long AWS may show the state before a request


def require_reachable(what: str, current: str, wanted: Collection[str], waited_seconds: float) -> None:
    """Raise :class:`AwsError` if no wanted state can follow the current one without intervention."""
    if GONE in wanted:
        return
    if current.startswith(FAILED_PREFIXES):
        raise AwsError(
            f"{what} is {current} and will not become {AVAILABLE}",
            "see the Redshift console, or delete it with `sparkify-dwh cluster down --no-snapshot`",
        )
    if current in DELETING:
        raise AwsError(f"{what} is being deleted ({current})", "wait until it is gone, and run this again")
    if current in (GONE, PAUSED) and waited_seconds >= STALE_SECONDS:
        raise AwsError(f"{what} is {current}; another user or a failure in AWS has interfered", "run this again")
