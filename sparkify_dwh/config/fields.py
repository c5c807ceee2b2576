"""The table of settings: section, key, reader, default, help.

Everything about a setting is in its row: reading dwh.cfg and the environment, spelling hints, the findings of
`sparkify-dwh doctor`, and the reference in README (sparkify_dwh.config.reference). The rows of inputs
come from the sources of a warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sparkify_dwh.config import values
from sparkify_dwh.config.values import Reader

PREFIX = "SPARKIFY_DWH_"

# Sections whose keys are names of a warehouse (sparkify_dwh.config.names).
CHECKS = "CHECKS"
ALLOWED_VALUES = "ALLOWED_VALUES"

DEFAULT_PORT = 5439
DEFAULT_CONNECT_SECONDS = 30.0
DEFAULT_QUERY_GROUP = "sparkify_dwh"
DEFAULT_ANALYZE_ABOVE_ROWS = 100_000
DEFAULT_STANDIN_DIRECTORY = ".standin"
DEFAULT_IDENTIFIER = "sparkify"
DEFAULT_NODE_TYPE = "ra3.large"
DEFAULT_BASE_RPUS = 4

MAX_ANALYZE_ABOVE_ROWS = 999_999_999
MAX_NODES = 100  # of CreateCluster
MAX_BASE_RPUS = 1024
MAX_RPUS = 5632

Name = tuple[str, str]
"""A section and a key, both in capitals."""


@dataclass(frozen=True, slots=True)
class Field:
    """A setting. ``help`` is a phrase of Markdown; ``default`` is None when there is no fixed one.

    ``label`` is the name that the key is made of, such as that of a check. Settings of one ``group`` share a row of the
    reference, under its name.
    """

    section: str
    key: str
    reader: Reader
    help: str
    default: object = None
    label: str = ""
    group: str = ""

    @property
    def name(self) -> Name:
        return self.section, self.key

    @property
    def shown_name(self) -> str:
        """The name as messages and the reference show it."""
        return self.label or self.key

    @property
    def variable(self) -> str:
        return variable(self.name)

    @property
    def is_secret(self) -> bool:
        """Whether the value is a password, which others must not read."""
        return self.reader is values.secret


Fields = Mapping[Name, Field]
"""A table of settings, in the order of the reference."""


def variable(name: Name) -> str:
    """Return the environment variable of a setting: SPARKIFY_DWH_CLUSTER_DB_PASSWORD."""
    return f"{PREFIX}{name[0]}_{name[1]}"


_CLUSTER = (
    Field("CLUSTER", "HOST", values.endpoint, "endpoint as the console shows it, or `standin`"),
    Field("CLUSTER", "DB_NAME", values.text, "database; else that of `HOST`, or `DWH_DB`"),
    Field("CLUSTER", "DB_USER", values.text, "user; else `DWH_DB_USER`"),
    Field("CLUSTER", "DB_PASSWORD", values.secret, "password; else `DWH_DB_PASSWORD`"),
    Field("CLUSTER", "DB_PORT", values.port, "port; else that of `HOST`, or `DWH_PORT`", DEFAULT_PORT),
    Field("CLUSTER", "SCHEMA", values.schema, "schema of the tables; else the first of the user's search path"),
    Field("CLUSTER", "STAGING_SCHEMA", values.schema, "schema of the staging tables; else `SCHEMA`"),
    Field("CLUSTER", "IAM", values.switch, "log in with temporary IAM credentials instead of a password", False),
    Field("CLUSTER", "SECRET_ARN", values.secret_arn, "log in with a secret of Secrets Manager instead of a password"),
    Field(
        "CLUSTER",
        "TLS",
        values.tls,
        "`verify-full`, or `verify-ca` for tunnels: without the name in the certificate",
        values.VERIFY_FULL,
    ),
    Field("CLUSTER", "CONNECT_SECONDS", values.seconds, "time limit of connecting", DEFAULT_CONNECT_SECONDS),
    Field(
        "CLUSTER",
        "QUERY_GROUP",
        values.matching(r"[A-Za-z0-9_.-]{1,100}", "up to 100 letters, digits, '_', '-' and '.'", shows_value=False),
        "label of the queries in the console, and of their WLM queue",
        DEFAULT_QUERY_GROUP,
    ),
    Field(
        "CLUSTER",
        "ANALYZE_ABOVE_ROWS",
        values.integer(0, MAX_ANALYZE_ABOVE_ROWS),
        "a load analyzes a staging table into which it has copied more rows",
        DEFAULT_ANALYZE_ABOVE_ROWS,
    ),
)

_IAM_ROLE = (Field("IAM_ROLE", "ARN", values.role, "role with which Redshift reads and writes S3"),)

_S3 = (
    Field("S3", "REGION", values.region, "region of the buckets, when it is not the cluster's"),
    Field(
        "S3", "MANIFESTS", values.prefix, "key prefix for the manifests of loads; without it, loads copy whole prefixes"
    ),
    Field("S3", "EXPORT", values.prefix, "folder of `sparkify-dwh export`"),
    Field(
        "S3",
        "JSONPATHS_IN_ANY_ORDER",
        values.switch,
        "load by JSONPaths files whose paths name other columns than those at their places",
        False,
    ),
)

_CHECKS = (
    Field(
        CHECKS,
        "MAX_AGE",
        values.duration,
        "`check` fails when the newest event is older, e.g. `36h` or `2d`; else never",
    ),
)

_AWS = (
    Field("AWS", "KEY", values.access_key, "access key, when environment and profile have no credentials"),
    Field("AWS", "SECRET", values.secret, "secret of the access key"),
    Field("AWS", "REGION", values.region, "region of the cluster; else that of `HOST`, `AWS_REGION` or the profile"),
)

_DWH = (
    Field(
        "DWH",
        "DWH_CLUSTER_TYPE",
        values.choice("single-node", "multi-node", "serverless"),
        "`single-node`, `multi-node` or `serverless`; `serverless` without this and the two below",
    ),
    Field("DWH", "DWH_NUM_NODES", values.integer(1, MAX_NODES), "number of nodes"),
    Field(
        "DWH",
        "DWH_NODE_TYPE",
        values.matching(r"[a-z0-9]{2,10}\.[a-z0-9]{2,20}", "a type like ra3.large or rg.large"),
        "type of the nodes: `ra3.large`, `rg.large` or a larger one of their families",
        DEFAULT_NODE_TYPE,
    ),
    Field(
        "DWH",
        "DWH_IAM_ROLE_NAME",
        values.matching(r"[A-Za-z0-9_+=,.@-]{1,64}", "1 to 64 of the characters that IAM allows"),
        "name of the role; else the identifier and `-redshift`",
    ),
    Field(
        "DWH",
        "DWH_CLUSTER_IDENTIFIER",
        values.matching(r"[a-z](?!.*--)[a-z0-9-]{1,61}[a-z0-9]", "3 to 63 of a-z, 0-9 and single '-'", lower=True),
        "name of the cluster or workgroup",
        DEFAULT_IDENTIFIER,
    ),
    Field(
        "DWH",
        "DWH_DB",
        values.matching(r"[a-z][a-z0-9_]{0,63}", "a lower-case name"),
        "database; else `DB_NAME` or sparkify",
    ),
    Field(
        "DWH",
        "DWH_DB_USER",
        values.matching(r"[a-z][a-z0-9_+.@-]{0,127}", "a lower-case name"),
        "admin user; else `DB_USER` or awsuser",
    ),
    Field("DWH", "DWH_DB_PASSWORD", values.secret, "password of the admin user; else `DB_PASSWORD` or a new one"),
    Field("DWH", "DWH_PORT", values.port, "port, 5431 to 5455 or 8191 to 8215; else `DB_PORT`"),
    Field(
        "DWH", "DWH_BASE_RPUS", values.integer(1, MAX_BASE_RPUS), "Serverless: base capacity in RPUs", DEFAULT_BASE_RPUS
    ),
    Field(
        "DWH",
        "DWH_MAX_RPUS",
        values.integer(1, MAX_RPUS),
        "Serverless: maximum capacity in RPUs, which limits the cost",
    ),
    Field(
        "DWH",
        "DWH_CIDR",
        values.names(r"\S+", "networks like 203.0.113.0/28"),
        "networks that may connect, with commas between them; else this machine",
    ),
    Field("DWH", "DWH_PUBLIC", values.switch, "give it an address on the internet", False),
    Field(
        "DWH",
        "DWH_SUBNETS",
        values.names(r"subnet-[0-9a-f]{8,17}", "subnets like subnet-0a1b2c3d"),
        "subnets of one VPC, with commas between them; else the default VPC",
    ),
    Field(
        "DWH",
        "DWH_ENHANCED_VPC_ROUTING",
        values.switch,
        "send COPY and UNLOAD through the VPC, which then needs a way to S3",
        False,
    ),
    Field("DWH", "DWH_SECRET", values.switch, "let Redshift make the password and keep it in Secrets Manager", False),
)

_STANDIN = (
    Field("STANDIN", "DIR", values.text, "directory of the stand-in, relative to dwh.cfg", DEFAULT_STANDIN_DIRECTORY),
)


def fields(inputs: Iterable[Field] = (), rules: Iterable[Field] = ()) -> Fields:
    """Return the table of settings with these inputs as rows of [S3], and these rules of checks."""
    rows = (*_CLUSTER, *_IAM_ROLE, *inputs, *_S3, *_CHECKS, *rules, *_AWS, *_DWH, *_STANDIN)
    return MappingProxyType({field.name: field for field in rows})


FIELDS = fields()
"""The settings of every warehouse, whatever its inputs."""


def sections(table: Fields) -> tuple[str, ...]:
    """Return the sections of a table, in its order."""
    return tuple(dict.fromkeys(section for section, _ in table))


def keys(table: Fields, section: str) -> tuple[str, ...]:
    """Return the keys of a section."""
    return tuple(field.key for field in table.values() if field.section == section)
