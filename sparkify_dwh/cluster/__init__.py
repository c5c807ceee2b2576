"""From nothing to a running warehouse and back: its role, its opening in the network, the cluster, and all of it gone.

    cluster.up(settings, Options(public=True))  # makes what is missing; run twice, it changes nothing
    cluster.status(settings)
    cluster.pause(settings), cluster.resume(settings)
    cluster.down(settings)                      # a final snapshot, then everything that up has made
    cluster.expire(settings)                    # the same for all clusters whose time is over

    with cluster.ephemeral(settings) as warehouse:      # for a script: a cluster of its own, deleted at the end
        sparkify_dwh.migrate.upgrade(warehouse)
        sparkify_dwh.load(warehouse)

What is made carries a tag that says so, and nothing without it is changed or deleted. Each takes ``on_step``, which is
called with a sentence for all that happens; ``dry_run``, with which nothing does and the sentences say what would; and
``aws``, to ask AWS as somebody else than the settings say.
"""

from __future__ import annotations

from sparkify_dwh.cluster.creation import up
from sparkify_dwh.cluster.ephemeral import ephemeral
from sparkify_dwh.cluster.lifecycle import pause, resume, status
from sparkify_dwh.cluster.removal import Gone, down, expire
from sparkify_dwh.cluster.result import Options, Up

__all__ = ["Gone", "Options", "Up", "down", "ephemeral", "expire", "pause", "resume", "status", "up"]
