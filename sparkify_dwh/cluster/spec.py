"""The cluster that [DWH] describes, and what cannot work of it, said before AWS is asked.

Without a word about its kind it is Serverless with four RPUs, which costs nothing while nobody asks it anything: for data of
Sparkify's size the cheapest there is. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind
from sparkify_dwh.cluster.values import listed, matching, number, switch, wrong
from sparkify_dwh.config.values import DEFAULT_PORT
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

Form = Literal["single-node", "multi-node", "serverless"]

IDENTIFIER = "sparkify"
DATABASE = "sparkify"
ADMIN = "awsuser"
NODE_TYPE = "ra3.large"
BASE_RPUS = 4
SERVERLESS_SUBNETS = 3  # https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html

# CreateCluster and CreateWorkgroup take these ports alone.
PORTS = (range(5431, 5456), range(8191, 8216))
# https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html
NEVER_ALONE = ("ra3.4xlarge", "ra3.16xlarge")
RETIRED_NODES = ("dc1.", "dc2.", "ds1.", "ds2.")

_IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_ROLE_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}", re.ASCII)
_DATABASE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ADMIN = re.compile(r"[a-z][a-z0-9_+.@-]{0,127}", re.ASCII)
_NODE_TYPE = re.compile(r"[a-z0-9]{2,10}\.[a-z0-9]{2,20}", re.ASCII)
_PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!#-&(-.0-?A-\[\]-~]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What is to be created. ``nodes`` and ``node_type`` are a cluster's, the RPUs are Serverless's.

    ``public`` is None when nobody said: then a new one is not, and one that is there stays as it is.
    """

    identifier: str
    form: Form
    node_type: str
    nodes: int
    base_rpus: int
    max_rpus: int | None
    database: str
    admin: str
    password: Secret | None
    secret_kept: bool
    port: int
    role_name: str
    role_arn: str | None
    public: bool | None
    cidrs: tuple[str, ...]
    subnets: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        return SERVERLESS if self.form == "serverless" else PROVISIONED

    @property
    def size(self) -> str:
        """The size, as a person says it."""
        if self.form == "serverless":
            return f"Serverless, {self.base_rpus} RPUs" + (f", at most {self.max_rpus}" if self.max_rpus else "")
        return f"{self.nodes} x {self.node_type}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cluster is put, and with which role, which is its own or was configured. ``subnet_group`` is a provisioned
    cluster's.
    """

    role_arn: str
    security_group: str
    subnet_group: str | None = None
    own_role: bool = True


def spec_of(
    settings: Settings, *, public: bool | None = None, cidrs: Sequence[str] = (), secret: bool = False
) -> ClusterSpec:
    """The cluster that the settings describe; the arguments go before [DWH]. ConfigurationError for what cannot work."""
    dwh = {**settings.dwh, "DWH_CLUSTER_IDENTIFIER": identifier_of(settings)}
    form = _form(dwh)
    identifier = matching(dwh, "DWH_CLUSTER_IDENTIFIER", IDENTIFIER, _IDENTIFIER, "3 to 63 of a-z, 0-9 and single '-'")
    role_name = matching(
        dwh, "DWH_IAM_ROLE_NAME", default_role_name(identifier), _ROLE_NAME, "1 to 64 of the signs IAM takes"
    )
    admin = matching(dwh, "DWH_DB_USER", settings.db_user or ADMIN, _ADMIN, "a lower-case name")
    database = matching(dwh, "DWH_DB", settings.db_name or DATABASE, _DATABASE, "a lower-case name")
    _refuse_reserved(DWH_DB=database, DWH_DB_USER=admin)
    same = settings.db_user in (None, admin)
    return ClusterSpec(
        identifier=identifier,
        form=form,
        node_type=_node_type(dwh, form),
        nodes=_nodes(dwh, form),
        base_rpus=(base := _base_rpus(dwh)),
        max_rpus=_max_rpus(dwh, base),
        database=database,
        admin=admin,
        password=(password := _password(settings.dwh_db_password or (settings.db_password if same else None))),
        secret_kept=secret or switch(dwh, "DWH_SECRET") or (password is None and _kept_before(settings)),
        port=_port(settings),
        role_name=role_name,
        role_arn=_given_role(settings, role_name),
        public=switch(dwh, "DWH_PUBLIC") if public is None and "DWH_PUBLIC" in dwh else public,
        cidrs=tuple(cidrs) or listed(dwh, "DWH_CIDR"),
        subnets=_subnets(dwh, form),
    )


def identifier_of(settings: Settings) -> str:
    """The cluster's name, in small letters, as AWS keeps it."""
    return settings.dwh.get("DWH_CLUSTER_IDENTIFIER", IDENTIFIER).lower()


def default_role_name(identifier: str) -> str:
    """The name of the role of a cluster, unless [DWH] has another; IAM takes 64 signs."""
    return f"{identifier[:55]}-redshift"


def _refuse_reserved(**names: str) -> None:
    """Refuse the words that are Redshift's own. Redshift guide, r_pg_keywords"""
    from sqlalchemy_redshift.dialect import RESERVED_WORDS

    for key, name in names.items():
        if name in RESERVED_WORDS or name == "public":
            raise wrong(key, "must not be a reserved word of Redshift", name)


def _form(dwh: Mapping[str, str]) -> Form:
    form = dwh.get("DWH_CLUSTER_TYPE", _implied_form(dwh)).lower()
    if form not in ("single-node", "multi-node", "serverless"):
        raise wrong("DWH_CLUSTER_TYPE", "must be single-node, multi-node or serverless", form)
    return cast(Form, form)


def _implied_form(dwh: Mapping[str, str]) -> Form:
    if "DWH_NUM_NODES" in dwh:
        return "single-node" if dwh["DWH_NUM_NODES"] == "1" else "multi-node"
    return "single-node" if "DWH_NODE_TYPE" in dwh else "serverless"


def _nodes(dwh: Mapping[str, str], form: Form) -> int:
    nodes = number(dwh, "DWH_NUM_NODES", 2 if form == "multi-node" else 1, 1, 128)
    if form == "multi-node" and nodes < 2:
        raise wrong(
            "DWH_NUM_NODES", "must be at least 2 with DWH_CLUSTER_TYPE=multi-node (or make it single-node)", "1"
        )
    if form == "single-node" and nodes > 1:
        raise wrong("DWH_NUM_NODES", "must be 1 with DWH_CLUSTER_TYPE=single-node (or make it multi-node)", str(nodes))
    return nodes


def _node_type(dwh: Mapping[str, str], form: Form) -> str:
    node_type = matching(dwh, "DWH_NODE_TYPE", NODE_TYPE, _NODE_TYPE, "a type like ra3.large")
    if node_type.startswith(RETIRED_NODES):
        raise ConfigurationError(
            f"[DWH] DWH_NODE_TYPE is {node_type}, and AWS creates no such nodes any more: take ra3.large, or "
            "DWH_CLUSTER_TYPE=serverless"
        )
    if form == "single-node" and node_type in NEVER_ALONE:
        raise wrong(
            "DWH_NODE_TYPE", "must be ra3.large or ra3.xlplus with a single node (or set DWH_NUM_NODES=2)", node_type
        )
    return node_type


def _base_rpus(dwh: Mapping[str, str]) -> int:
    rpus = number(dwh, "DWH_BASE_RPUS", BASE_RPUS, 1, 1024)
    if rpus != 4 and (rpus < 8 or rpus % (8 if rpus <= 512 else 32)):
        raise wrong(
            "DWH_BASE_RPUS", "must be 4, or a multiple of 8 from 8 to 512, or of 32 from there to 1024", str(rpus)
        )
    return rpus


def _max_rpus(dwh: Mapping[str, str], base: int) -> int | None:
    if "DWH_MAX_RPUS" not in dwh:
        return None
    rpus = number(dwh, "DWH_MAX_RPUS", base, 1, 5632)
    if rpus < base or (rpus % 8 and rpus != 4):
        raise wrong("DWH_MAX_RPUS", f"must be a multiple of 8, and not below DWH_BASE_RPUS, {base}", str(rpus))
    return rpus


def _port(settings: Settings) -> int:
    port = number(settings.dwh, "DWH_PORT", settings.db_port or DEFAULT_PORT, 1, 65535)
    if not any(port in ports for ports in PORTS):
        raise wrong("DWH_PORT", "must be in 5431 to 5455 or 8191 to 8215, the ports that Redshift takes", str(port))
    return port


def _password(password: Secret | None) -> Secret | None:
    if password is None or _PASSWORD.fullmatch(password.reveal()):
        return password
    raise ConfigurationError(
        "[DWH] DWH_DB_PASSWORD, or else [CLUSTER] DB_PASSWORD, must be what Redshift takes: 8 to 64 signs with a capital, a "
        "small letter and a digit, and without blanks, quotes, @, / and \\: choose another, or leave it out and one is made"
    )


def _kept_before(settings: Settings) -> bool:
    """Whether a cluster of before had its password kept by Redshift, which names its secrets so."""
    return ":secret:redshift!" in (settings.secret_arn or "")


def _given_role(settings: Settings, role_name: str) -> str | None:
    """The configured role, when it is another than the one this program makes and writes there."""
    arn = settings.role_arn
    own = arn is None or ("," not in arn and arn.endswith(f":role/{role_name}"))
    return None if own else arn


def _subnets(dwh: Mapping[str, str], form: Form) -> tuple[str, ...]:
    subnets = listed(dwh, "DWH_SUBNETS")
    if bad := [subnet for subnet in subnets if not re.fullmatch(r"subnet-[0-9a-f]{8,17}", subnet)]:
        raise wrong("DWH_SUBNETS", "must be subnets like subnet-0a1b2c3d, with commas between them", bad[0])
    if form == "serverless" and 0 < len({*subnets}) < SERVERLESS_SUBNETS:
        raise wrong("DWH_SUBNETS", "must be at least three, in three zones, for Serverless", ", ".join(subnets))
    return subnets
