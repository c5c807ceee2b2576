"""The cluster that [DWH] describes, checked before any request to AWS.

By default it is Redshift Serverless with four RPUs, which costs nothing while no query runs: the cheapest choice for data of
Sparkify's size. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sparkify_dwh.aws.endpoint import PROVISIONED, SERVERLESS, Kind
from sparkify_dwh.cluster.naming import default_role_name, identifier_of
from sparkify_dwh.config.fields import DEFAULT_PORT, FIELDS
from sparkify_dwh.config.values import Given, invalid
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret

Form = Literal["single-node", "multi-node", "serverless"]

DEFAULT_DATABASE = "sparkify"
DEFAULT_ADMIN = "awsuser"
# Subnets of Serverless, each in a zone of its own. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-known-issues.html
MIN_SERVERLESS_SUBNETS = 2
MIN_ENHANCED_ROUTING_SUBNETS = 3

# The only ports that CreateCluster and CreateWorkgroup accept.
PORTS = (range(5431, 5456), range(8191, 8216))
# https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html
SINGLE_NODE_TYPES = ("ra3.large", "ra3.xlplus", "rg.large")
RETIRED_NODE_TYPES = ("dc1.", "dc2.", "ds1.", "ds2.")

GENERATED_PASSWORD_CHARACTERS = 32

_PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[!#-&(-.0-?A-\[\]-~]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """The cluster to create. ``nodes`` and ``node_type`` apply to provisioned clusters, RPUs to Serverless.

    ``public`` None creates a cluster that is not public, and leaves an existing one as it is. ``managed_password`` has
    Redshift keep the password in Secrets Manager.
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
    managed_password: bool
    port: int
    role_name: str
    role_arn: str | None
    public: bool | None
    cidrs: tuple[str, ...]
    subnets: tuple[str, ...]
    enhanced_vpc_routing: bool = False

    @property
    def kind(self) -> Kind:
        return SERVERLESS if self.form == "serverless" else PROVISIONED

    @property
    def size(self) -> str:
        """The size for output."""
        if self.form == "serverless":
            return f"Serverless, {self.base_rpus} RPUs" + (f", at most {self.max_rpus}" if self.max_rpus else "")
        return f"{self.nodes} x {self.node_type}"

    @property
    def min_subnets(self) -> int:
        """The number of subnets that are needed, each in a zone of its own."""
        return _min_subnets(self.form, self.enhanced_vpc_routing)


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """The role and the network resources of a cluster. ``managed_role`` is False for a configured role.

    Only provisioned clusters have a subnet group.
    """

    role_arn: str
    security_group: str
    subnet_group: str | None = None
    managed_role: bool = True


def spec_of(
    settings: Settings, *, public: bool | None = None, cidrs: Sequence[str] = (), secret: bool = False
) -> ClusterSpec:
    """Return the cluster that the settings describe. The arguments take precedence over [DWH]. Raises ConfigurationError."""
    dwh = {**settings.dwh, "DWH_CLUSTER_IDENTIFIER": identifier_of(settings)}
    form = _form(dwh)
    identifier = _value(dwh, "DWH_CLUSTER_IDENTIFIER")
    role_name = _value(dwh, "DWH_IAM_ROLE_NAME", default_role_name(identifier))
    admin = _value(dwh, "DWH_DB_USER", settings.db_user or DEFAULT_ADMIN)
    database = _value(dwh, "DWH_DB", settings.db_name or DEFAULT_DATABASE)
    _refuse_reserved(DWH_DB=database, DWH_DB_USER=admin)
    is_admin = settings.db_user in (None, admin)
    return ClusterSpec(
        identifier=identifier,
        form=form,
        node_type=_node_type(dwh, form),
        nodes=_nodes(dwh, form),
        base_rpus=(base := _base_rpus(dwh)),
        max_rpus=_max_rpus(dwh, base),
        database=database,
        admin=admin,
        password=(password := _password(settings.dwh_db_password or (settings.db_password if is_admin else None))),
        managed_password=secret or _value(dwh, "DWH_SECRET") or (password is None and _was_managed(settings)),
        port=_port(settings),
        role_name=role_name,
        role_arn=_configured_role(settings, role_name),
        public=_value(dwh, "DWH_PUBLIC") if public is None and "DWH_PUBLIC" in dwh else public,
        cidrs=tuple(cidrs) or (_value(dwh, "DWH_CIDR") or ()),
        subnets=_subnets(dwh, form),
        enhanced_vpc_routing=_value(dwh, "DWH_ENHANCED_VPC_ROUTING"),
    )


def _value(dwh: Mapping[str, str], key: str, default: str | None = None) -> Any:
    """Return a value of [DWH] by the table of settings. ``default`` is a text, where the table has no fixed one."""
    field = FIELDS["DWH", key]
    text = dwh.get(key, default)
    return field.default if text is None else field.reader(Given(text, f"[DWH] {key}"))


def _invalid(key: str, requirement: str, value: object) -> ConfigurationError:
    return invalid(f"[DWH] {key}", requirement, repr(value))


def _refuse_reserved(**names: str) -> None:
    """Raise ConfigurationError for reserved words of Redshift. Redshift guide, r_pg_keywords"""
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
        raise _invalid("DWH_NUM_NODES", "must be at least 2 with DWH_CLUSTER_TYPE=multi-node (or use single-node)", "1")
    if form == "single-node" and nodes > 1:
        raise _invalid("DWH_NUM_NODES", "must be 1 with DWH_CLUSTER_TYPE=single-node (or use multi-node)", str(nodes))
    return nodes


def _node_type(dwh: Mapping[str, str], form: Form) -> str:
    node_type: str = _value(dwh, "DWH_NODE_TYPE")
    if node_type.startswith(RETIRED_NODE_TYPES):
        raise ConfigurationError(
            f"[DWH] DWH_NODE_TYPE is {node_type}, which AWS no longer offers",
            "use ra3.large, rg.large, or DWH_CLUSTER_TYPE=serverless",
        )
    if form == "single-node" and node_type not in SINGLE_NODE_TYPES:
        types = ", ".join(SINGLE_NODE_TYPES[:-1]) + f" or {SINGLE_NODE_TYPES[-1]}"
        raise _invalid("DWH_NODE_TYPE", f"must be {types} with a single node (or set DWH_NUM_NODES=2)", node_type)
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
        raise _invalid("DWH_PORT", "must be 5431 to 5455 or 8191 to 8215, the ports that Redshift accepts", str(port))
    return port


def _password(password: Secret | None) -> Secret | None:
    if password is None or _PASSWORD.fullmatch(password.reveal()):
        return password
    raise ConfigurationError(
        "[DWH] DWH_DB_PASSWORD, or else [CLUSTER] DB_PASSWORD, must be a password that Redshift accepts: 8 to 64 characters "
        "with an upper-case letter, a lower-case letter and a digit, and without spaces, quotes, @, / and \\",
        "choose another, or leave it out and one is generated",
    )


def _was_managed(settings: Settings) -> bool:
    """Return whether an earlier cluster's password was managed by Redshift, whose secrets have names like this."""
    return ":secret:redshift!" in (settings.secret_arn or "")


def _configured_role(settings: Settings, role_name: str) -> str | None:
    """Return the configured role, unless it is the one that this program creates and writes to the configuration."""
    arn = settings.role_arn
    is_managed = arn is None or ("," not in arn and arn.endswith(f":role/{role_name}"))
    return None if is_managed else arn


def _subnets(dwh: Mapping[str, str], form: Form) -> tuple[str, ...]:
    subnets: tuple[str, ...] = _value(dwh, "DWH_SUBNETS") or ()
    routing: bool = _value(dwh, "DWH_ENHANCED_VPC_ROUTING")
    if 0 < len({*subnets}) < (needed := _min_subnets(form, routing)):
        why = " with DWH_ENHANCED_VPC_ROUTING" if routing else ""
        raise _invalid(
            "DWH_SUBNETS", f"must be at least {needed}, in {needed} zones, for Serverless{why}", ", ".join(subnets)
        )
    return subnets


def _min_subnets(form: Form, enhanced_vpc_routing: bool) -> int:
    if form != "serverless":
        return 1
    return MIN_ENHANCED_ROUTING_SUBNETS if enhanced_vpc_routing else MIN_SERVERLESS_SUBNETS


def generate_password() -> Secret:
    """Return letters and digits. The first three are a lower-case letter, an upper-case letter and a digit, as required."""
    required = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    any_character = string.ascii_letters + string.digits
    alphabets = (*required, *[any_character] * (GENERATED_PASSWORD_CHARACTERS - len(required)))
    return Secret("".join(secrets.choice(alphabet) for alphabet in alphabets))
