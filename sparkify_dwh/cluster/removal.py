"""``cluster down`` and ``cluster expire``: everything that was made goes, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.cluster import network, subnets
from sparkify_dwh.cluster.lifecycle import asked, configured_kind, own, parts, role_name_of
from sparkify_dwh.cluster.resources import Found
from sparkify_dwh.cluster.role import remove_role
from sparkify_dwh.cluster.run import OnStep, Run, nobody, now
from sparkify_dwh.cluster.services import find, find_own, service_of
from sparkify_dwh.cluster.spec import default_role_name, identifier_of
from sparkify_dwh.errors import AwsError
from sparkify_dwh.settings import Settings

_LINGERING_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Gone:
    """A warehouse that is gone, with all around it. ``done`` is empty when there was nothing."""

    identifier: str
    region: str
    snapshots: tuple[str, ...]
    done: tuple[str, ...]


def down(  # noqa: PLR0913 (what it is, and how it is shown)
    settings: Settings,
    *,
    snapshot: bool = True,
    on_step: OnStep = nobody,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Gone:
    """Delete the warehouse, after a final snapshot, then its security group, subnet group and role; see that all are gone.

    A final snapshot is kept, and costs its storage, until somebody deletes it. Raises AwsError when something was not made
    by this program, or is still there at the end.
    """
    with asked(settings, aws) as own_aws:
        run = Run(own_aws, on_step, dry_run, sleep)
        found = own(find(own_aws, identifier_of(settings), configured_kind(settings)))
        role_name = role_name_of(settings, found[0] if found else None)
        return _remove(run, identifier_of(settings), role_name, found, snapshot=snapshot)


def expire(  # noqa: PLR0913 (what it is, and how it is shown)
    settings: Settings,
    *,
    snapshot: bool = True,
    on_step: OnStep = nobody,
    dry_run: bool = False,
    aws: Aws | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Gone]:
    """Delete all warehouses in the region whose time to live is over, as ``down`` does. For a scheduler.

    One that cannot be deleted does not keep the others: the AwsError comes at the end.
    """
    gone = []
    with asked(settings, aws) as own_aws:
        warehouses, problems = find_own(own_aws)
        failed = [str(problem) for problem in problems]
        for found in warehouses:
            if not found.expires or found.expires > now():
                continue
            role_name = found.role_name or default_role_name(found.identifier)
            try:
                run = Run(own_aws, on_step, dry_run, sleep)
                gone.append(_remove(run, found.identifier, role_name, [found], snapshot=snapshot))
            except AwsError as error:
                failed.append(f"{found.identifier}: {error}")
    if failed:
        raise AwsError("; ".join(failed))
    return gone


def _remove(run: Run, identifier: str, role_name: str, found: list[Found], *, snapshot: bool) -> Gone:
    names = []
    for one in found:
        name = f"{identifier}-final-{now():%Y%m%d-%H%M%S}" if snapshot else None
        taken = service_of(one.kind).delete(run, one, name)  # None where the deletion had begun before
        names += [taken] if taken else []
    kept = network.remove_groups(run, identifier)
    subnets.remove_subnet_group(run, identifier)
    remove_role(run, identifier, role_name)
    if kept:
        raise AwsError(
            f"all of {identifier} is gone but its security group {', '.join(kept)}, which is still in use after "
            f"{network.IN_USE_MINUTES} minutes: something else is in it, or a rule of another group names it; take that "
            "away in the console of EC2, and run this again"
        )
    if not run.dry:
        _require_gone(run, identifier, role_name, found)
    return Gone(identifier, run.aws.region, tuple(names), tuple(run.done))


def _require_gone(run: Run, identifier: str, role_name: str, found: list[Found]) -> None:
    """That nothing is left, once AWS has told all its parts."""

    def left() -> list[str]:
        here = [one.kind for one in found if service_of(one.kind).find(run.aws, identifier)]
        return [f"the {kind} warehouse {identifier}" for kind in here] + parts(run.aws, identifier, role_name)

    def check() -> None:
        if rest := left():
            raise AwsError(
                f"not everything is gone: {', '.join(rest)} can still be seen in {run.aws.region}; run this again",
                "Left",
            )

    run.retry(
        check, while_=lambda error: error.code == "Left", minutes=_LINGERING_MINUTES, why="checking that all is gone"
    )
