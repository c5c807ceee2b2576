"""Which cluster [DWH] describes, and which descriptions are refused before any request to AWS."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sparkify_dwh.cluster.spec import ClusterSpec, spec_of
from sparkify_dwh.cluster.tags import parse_ttl
from sparkify_dwh.errors import ConfigurationError, UsageError
from sparkify_dwh.settings import Settings
from sparkify_dwh.utils.secret import Secret


def spec(**dwh: str) -> ClusterSpec:
    return spec_of(Settings(dwh={f"DWH_{key}": value for key, value in dwh.items()}))


def test_the_default_is_the_cheapest() -> None:
    described = spec()
    assert (described.form, described.base_rpus, described.max_rpus) == ("serverless", 4, None)
    assert (described.identifier, described.database, described.admin, described.port) == (
        "sparkify",
        "sparkify",
        "awsuser",
        5439,
    )
    assert (described.role_name, described.public, described.managed_password) == ("sparkify-redshift", None, False)


def test_the_kind_follows_from_the_nodes() -> None:
    assert (spec(NUM_NODES="1").form, spec(NUM_NODES="2").form) == ("single-node", "multi-node")
    assert (spec(NODE_TYPE="ra3.xlplus").form, spec(CLUSTER_TYPE="single-node").node_type) == (
        "single-node",
        "ra3.large",
    )
    assert spec(CLUSTER_TYPE="Multi-Node").nodes == 2


def test_the_file_that_sparkifys_engineers_have_is_understood() -> None:
    """Except for its dc2 nodes."""
    described = spec(
        CLUSTER_TYPE="multi-node", NUM_NODES="4", NODE_TYPE="ra3.large", IAM_ROLE_NAME="dwhRole", DB="dwh",
        CLUSTER_IDENTIFIER="dwhCluster", DB_USER="dwhuser", PORT="5439",
    )  # fmt: skip
    assert (described.size, described.identifier, described.role_name) == ("4 x ra3.large", "dwhcluster", "dwhRole")
    assert (described.database, described.admin) == ("dwh", "dwhuser")


@pytest.mark.parametrize(
    ("dwh", "sentence"),
    [
        (
            {"CLUSTER_TYPE": "multi-node", "NUM_NODES": "1"},
            r"at least 2 with DWH_CLUSTER_TYPE=multi-node \(or use single",
        ),
        ({"CLUSTER_TYPE": "single-node", "NUM_NODES": "4"}, "must be 1 with DWH_CLUSTER_TYPE=single-node"),
        ({"CLUSTER_TYPE": "big"}, "must be single-node, multi-node or serverless, found 'big'"),
        (
            {"NODE_TYPE": "dc2.large"},
            "which AWS no longer offers: use ra3.large, rg.large, or DWH_CLUSTER_TYPE=serverless",
        ),
        ({"NODE_TYPE": "ds2.xlarge"}, "which AWS no longer offers"),
        ({"NODE_TYPE": "large"}, "must be a type like ra3.large"),
        ({"NUM_NODES": "four"}, "must be a number from 1 to 100, found something else"),
        ({"BASE_RPUS": "6"}, "must be 4, or a multiple of 8"),
        ({"BASE_RPUS": "520"}, "must be 4, or a multiple of 8"),
        ({"BASE_RPUS": "32", "MAX_RPUS": "16"}, "not below DWH_BASE_RPUS, 32"),
        ({"PORT": "5432x"}, "must be a number"),
        ({"PORT": "1433"}, "must be 5431 to 5455 or 8191 to 8215"),
        ({"CLUSTER_IDENTIFIER": "a--b"}, "must be 3 to 63 of a-z, 0-9 and single '-'"),
        ({"IAM_ROLE_NAME": "a/b"}, "must be 1 to 64 of the characters that IAM allows"),
        ({"NUM_NODES": "101"}, "must be a number from 1 to 100, found 101"),
        (
            {"NUM_NODES": "1", "NODE_TYPE": "ra3.4xlarge"},
            r"must be ra3.large, ra3.xlplus or rg.large with a single node",
        ),
        ({"NUM_NODES": "1", "NODE_TYPE": "rg.xlarge"}, r"must be ra3.large, ra3.xlplus or rg.large with a single node"),
        ({"SUBNETS": "subnet-0a1b2c3d"}, "must be at least 2, in 2 zones, for Serverless, found"),
        (
            {"SUBNETS": "subnet-0a1b2c3d, subnet-1a1b2c3d", "ENHANCED_VPC_ROUTING": "true"},
            "must be at least 3, in 3 zones, for Serverless with DWH_ENHANCED_VPC_ROUTING",
        ),
        ({"DB": "default"}, "DWH_DB must not be a reserved word of Redshift, found 'default'"),
        ({"DB_USER": "public"}, "DWH_DB_USER must not be a reserved word"),
        ({"DB": "Sparkify DB"}, "must be a lower-case name"),
        ({"PUBLIC": "maybe"}, "must be true or false"),
        ({"SUBNETS": "subnet-1, vpc-2"}, "must be subnets like"),
    ],
)
def test_an_invalid_description_is_refused_in_one_sentence(dwh: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        spec(**dwh)


@pytest.mark.parametrize(
    ("node_type", "nodes"),
    [("rg.large", 1), ("rg.xlarge", 2), ("rg.4xlarge", 2), ("rg.12xlarge", 100), ("ra3.16xlarge", 2)],
)
def test_both_families_of_nodes_are_accepted(node_type: str, nodes: int) -> None:
    assert spec(NODE_TYPE=node_type, NUM_NODES=str(nodes)).size == f"{nodes} x {node_type}"


@pytest.mark.parametrize("rpus", ["4", "8", "512", "544", "1024"])
def test_every_size_of_serverless_is_accepted(rpus: str) -> None:
    assert spec(BASE_RPUS=rpus).base_rpus == int(rpus)


@pytest.mark.parametrize(
    "password",
    ["short1A", "nocapital1", "NOSMALL11", "NoDigitHere", "With space1A", 'Quote"1Aa', "Slash/1Aa", "At@sign1A"],
)
def test_a_password_that_redshift_would_refuse_is_refused_first(password: str) -> None:
    with pytest.raises(ConfigurationError, match="must be a password that Redshift accepts") as error:
        spec_of(Settings(dwh_db_password=Secret(password)))
    assert password not in str(error.value)


def test_the_password_of_another_user_is_not_the_admins() -> None:
    other = Settings(db_user="loader", db_password=Secret("Passw0rd-loader"), dwh={"DWH_DB_USER": "admin"})
    assert spec_of(other).password is None
    same = Settings(db_user="admin", db_password=Secret("Passw0rd-admin"), dwh={"DWH_DB_USER": "admin"})
    assert spec_of(same).password == Secret("Passw0rd-admin")


def test_a_managed_password_stays_managed() -> None:
    """So that a configuration that --secret wrote describes the next cluster too."""
    arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:"
    assert spec_of(Settings(secret_arn=f"{arn}redshift!sparkify-awsuser-AbC")).managed_password
    assert not spec_of(Settings(secret_arn=f"{arn}of-our-own")).managed_password


def test_the_role_that_was_written_to_the_configuration_is_managed() -> None:
    """So that a second run does not treat it as a foreign role."""
    own = Settings(role_arn="arn:aws:iam::123456789012:role/sparkify-redshift")
    theirs = Settings(role_arn="arn:aws:iam::123456789012:role/other")
    assert (spec_of(own).role_arn, spec_of(theirs).role_arn) == (None, theirs.role_arn)


@pytest.mark.parametrize(
    ("text", "span"), [("8h", timedelta(hours=8)), ("90m", timedelta(minutes=90)), ("1D12h", timedelta(hours=36))]
)
def test_a_time_to_live_is_a_duration(text: str, span: timedelta) -> None:
    assert parse_ttl(text) == span


@pytest.mark.parametrize("text", ["8", "5m", "", "-8h", "8 hours", "0h"])
def test_an_invalid_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="use a duration like 8h, 90m or 1d12h, of at least 15m"):
        parse_ttl(text)
