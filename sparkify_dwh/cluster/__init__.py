"""Create a warehouse in AWS with its role and security group, operate it, and delete it with everything created for it.

    cluster.up(settings, Options(public=True))  # creates what is missing; a second run changes nothing
    cluster.status(settings)
    cluster.pause(settings), cluster.resume(settings)
    cluster.down(settings)                      # takes a final snapshot, then deletes everything that up created
    cluster.expire(settings)                    # the same for all clusters whose time to live is over

    with cluster.ephemeral(settings) as warehouse:      # for a script: a cluster of its own, deleted at the end
        sparkify_dwh.migrate.upgrade(warehouse)
        sparkify_dwh.load(warehouse)

Created resources are tagged; resources without the tag are never changed or deleted. All functions but ``status`` take
``on_step``, which is called with a sentence for each step. With ``dry_run`` the steps are reported and not carried out.
``aws`` replaces the client that the settings describe.
"""

from __future__ import annotations

from sparkify_dwh.cluster.creation import up
from sparkify_dwh.cluster.ephemeral import ephemeral
from sparkify_dwh.cluster.lifecycle import pause, resume
from sparkify_dwh.cluster.options import CreatedCluster, Options
from sparkify_dwh.cluster.removal import RemovedResources, down, expire
from sparkify_dwh.cluster.status import Status, status

__all__ = [
    "CreatedCluster",
    "Options",
    "RemovedResources",
    "Status",
    "down",
    "ephemeral",
    "expire",
    "pause",
    "resume",
    "status",
    "up",
]
