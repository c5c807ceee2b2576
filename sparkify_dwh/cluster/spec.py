"""The cluster that [DWH] describes, and what cannot work of it, said before AWS is asked.

Without a word about its kind it is Serverless with four RPUs, which costs nothing while nobody asks it anything: for data of
Sparkify's size the cheapest there is. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind
from sparkify_dwh.config.fields import DEFAULT_IDENTIFIER, DEFAULT_PORT, FIELDS
from sparkify_dwh.config.values import Given, invalid
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

Form = Literal["single-node", "multi-node", "serverless"]

DATABASE = "sparkify"
ADMIN = "awsuser"
SERVERLESS_SUBNETS = 3  # https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html

# CreateCluster and CreateWorkgroup take these ports alone.
PORTS = (range(5431, 5456), range(8191, 8216))
# https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html
NEVER_ALONE = ("ra3.4xlarge", "ra3.16xlarge")
RETIRED_NODES = ("dc1.", "dc2.", "ds1.", "ds2.")

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
    identifier = _value(dwh, "DWH_CLUSTER_IDENTIFIER")
    role_name = _value(dwh, "DWH_IAM_ROLE_NAME", default_role_name(identifier))
    admin = _value(dwh, "DWH_DB_USER", settings.db_user or ADMIN)
    database = _value(dwh, "DWH_DB", settings.db_name or DATABASE)
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
        secret_kept=secret or _value(dwh, "DWH_SECRET") or (password is None and _kept_before(settings)),
        port=_port(settings),
        role_name=role_name,
        role_arn=_given_role(settings, role_name),
        public=_value(dwh, "DWH_PUBLIC") if public is None and "DWH_PUBLIC" in dwh else public,
        cidrs=tuple(cidrs) or (_value(dwh, "DWH_CIDR") or ()),
        subnets=_subnets(dwh, form),
    )


def _value(dwh: Mapping[str, str], key: str, default: str | None = None) -> Any:
    """Return a value of [DWH] by the table of settings. ``default`` is a text, where the table has no fixed one."""
    field = FIELDS["DWH", key]
    text = dwh.get(key, default)
    return field.default if text is None else field.reader(Given(text, f"[DWH] {key}"))


def _invalid(key: str, requirement: str, value: object) -> ConfigurationError:
    return invalid(f"[DWH] {key}", requirement, repr(value))


def identifier_of(settings: Settings) -> str:
    """The cluster's name, in small letters, as AWS keeps it."""
    return settings.dwh.get("DWH_CLUSTER_IDENTIFIER", DEFAULT_IDENTIFIER).lower()


def default_role_name(identifier: str) -> str:
    """The name of the role of a cluster, unless [DWH] has another; IAM takes 64 signs."""
    return f"{identifier[:55]}-redshift"


def _refuse_reserved(**names: str) -> None:
    """Refuse the words that are Redshift's own. Redshift guide, r_pg_keywords"""
    from sqlalchemy_redshift.dialect import RESERVED_WORDS

    for key, name in names.items():
        if name in RESERVED_WORDS or name == "public":
            raise _invalid(key, "must not be a reserved word of Redshift", name)


def _form(dwh: Mapping[str, str]) -> Form:
    return cast(Form, _value(dwh, "DWH_CLUSTER_TYPE", _implied_form(dwh)))


def _implied_form(dwh: Mapping[str, str]) -> Form:
    if "DWH_NUM_NODES" in dwh:
        return "single-node" if dwh["DWH_NUM_NODES"] == "1" else "multi-node"
    return "single-node" if "DWH_NODE_TYPE" in dwh else "serverless"


def _nodes(dwh: Mapping[str, str], form: Form) -> int:
    nodes: int = _value(dwh, "DWH_NUM_NODES", "2" if form == "multi-node" else "1")
    if form == "multi-node" and nodes < 2:
        raise _invalid(
            "DWH_NUM_NODES", "must be at least 2 with DWH_CLUSTER_TYPE=multi-node (or make it single-node)", "1"
        )
    if form == "single-node" and nodes > 1:
        raise _invalid(
            "DWH_NUM_NODES", "must be 1 with DWH_CLUSTER_TYPE=single-node (or make it multi-node)", str(nodes)
        )
    return nodes


def _node_type(dwh: Mapping[str, str], form: Form) -> str:
    node_type: str = _value(dwh, "DWH_NODE_TYPE")
    if node_type.startswith(RETIRED_NODES):
        raise ConfigurationError(
            f"[DWH] DWH_NODE_TYPE is {node_type}, and AWS creates no such nodes any more: take ra3.large, or "
            "DWH_CLUSTER_TYPE=serverless"
        )
    if form == "single-node" and node_type in NEVER_ALONE:
        raise _invalid(
            "DWH_NODE_TYPE", "must be ra3.large or ra3.xlplus with a single node (or set DWH_NUM_NODES=2)", node_type
        )
    return node_type


def _base_rpus(dwh: Mapping[str, str]) -> int:
    rpus: int = _value(dwh, "DWH_BASE_RPUS")
    if rpus != 4 and (rpus < 8 or rpus % (8 if rpus <= 512 else 32)):
        raise _invalid(
            "DWH_BASE_RPUS", "must be 4, or a multiple of 8 from 8 to 512, or of 32 from there to 1024", str(rpus)
        )
    return rpus


def _max_rpus(dwh: Mapping[str, str], base: int) -> int | None:
    rpus: int | None = _value(dwh, "DWH_MAX_RPUS")
    if rpus is not None and (rpus < base or (rpus % 8 and rpus != 4)):
        raise _invalid("DWH_MAX_RPUS", f"must be a multiple of 8, and not below DWH_BASE_RPUS, {base}", str(rpus))
    return rpus


def _port(settings: Settings) -> int:
    port: int = _value(settings.dwh, "DWH_PORT", str(settings.db_port or DEFAULT_PORT))
    if not any(port in ports for ports in PORTS):
        raise _invalid("DWH_PORT", "must be in 5431 to 5455 or 8191 to 8215, the ports that Redshift takes", str(port))
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
    subnets: tuple[str, ...] = _value(dwh, "DWH_SUBNETS") or ()
    if form == "serverless" and 0 < len({*subnets}) < SERVERLESS_SUBNETS:
        raise _invalid("DWH_SUBNETS", "must be at least three, in three zones, for Serverless", ", ".join(subnets))
    return subnets
