"""The policies of persons and machines allow every request that is sent, and little else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from support.aws import Account, Sent
from support.inputs import inputs_under
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh import cluster
from sparkify_dwh.cluster import Options
from sparkify_dwh.cluster.policy import Document, Place, place_of
from sparkify_dwh.cluster.tags import parse_ttl
from sparkify_dwh.cluster.user_policies import load_policy, policy_document
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.export import export
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.store import ObjectStore

SERVICES = ("redshift", "redshift-serverless", "iam", "ec2")
S3_PERMISSIONS = {"ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}  # others are named like their operation
PROVISIONED = Settings(
    host="music.abc123xyz.eu-west-1.redshift.amazonaws.com",
    iam=True,
    db_user="loader",
    db_name="dev",
    role_arn="arn:aws:iam::123456789012:role/music-redshift",
)


def actions(document: Document) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def statement(document: Document, name: str) -> dict[str, Any]:
    (found,) = [statement for statement in document["Statement"] if statement["Sid"] == name]
    return dict(found)


def allows(document: Document, action: str, arn: str) -> bool:
    """Whether a statement names the action, and a resource that matches."""
    return any(
        action in statement["Action"]
        and any(re.fullmatch(re.escape(resource).replace(r"\*", ".*"), arn) for resource in statement["Resource"])
        for statement in document["Statement"]
    )


def asked_of_aws(sent: Sent) -> Iterator[str]:
    """The permissions of the requests so far."""
    session = botocore.session.Session()
    names = {service: session.get_service_model(service).operation_names for service in SERVICES}
    for operation, _ in sent.requests:
        yield from (f"{service}:{operation}" for service, known in names.items() if operation in known)


@pytest.mark.parametrize(
    ("dwh", "kind"), [({}, "redshift"), ({"DWH_CLUSTER_TYPE": "serverless"}, "redshift-serverless")]
)
def test_the_policy_of_clusters_allows_a_clusters_whole_life(
    account: Account, sent: Sent, dwh: dict[str, str], kind: str
) -> None:
    """What it allows beyond that, AWS asks for on its own: snapshots, tags, what Redshift asks of EC2."""
    settings = account.settings(dwh=dwh)
    arguments: dict[str, Any] = {"aws": account.aws, "sleep": lambda _seconds: None}
    cluster.up(settings, Options(ttl=parse_ttl("8h")), write_values=lambda _values: None, **arguments)
    account.ask("iam", "delete_role_policy", RoleName=account.roles()[0], PolicyName="sparkify-dwh-s3")
    cluster.up(settings, Options(public=True, cidrs=("192.0.2.9",), ttl=parse_ttl("9h")), **arguments)
    cluster.pause(settings, **arguments)
    cluster.resume(settings, **arguments)
    cluster.status(settings, aws=account.aws)
    cluster.expire(settings, **arguments)
    cluster.down(settings, **arguments)
    asked = {*asked_of_aws(sent)} - {"iam:ListRoles"}  # of the test itself
    allowed = actions(policy_document(settings, "cluster"))
    assert asked - allowed == set()
    unasked = {action.partition(":")[2] for action in allowed - asked if action.startswith(f"{kind}:")}
    assert unasked <= {
        "CreateClusterSnapshot", "CreateClusterSubnetGroup", "DeleteClusterSubnetGroup", "ModifyClusterIamRoles",
        "CreateSnapshot", "UpdateNamespace", "PauseCluster", "ResumeCluster",
    }  # fmt: skip


@pytest.fixture
def in_s3(sparkify: Sparkify, store: ObjectStore, bucket: str) -> Sparkify:
    """A company whose files are in S3."""
    sparkify.logs("2018/11/a.json", an_event())
    sparkify.songs("a.json", a_song())
    for path in (path for path in sparkify.directory.rglob("*.json") if path.is_file()):
        store.write(f"{bucket}{path.relative_to(sparkify.directory)}", path.read_bytes())
    sparkify.settings = replace(
        sparkify.settings, inputs=inputs_under(bucket), manifests=f"{bucket}manifests/", export=f"{bucket}export/"
    )
    return sparkify


def key_of(given: dict[str, Any]) -> list[str]:
    return [given["Key"]] if "Key" in given else []


def test_a_load_and_an_export_need_what_their_policies_allow(in_s3: Sparkify, sent: Sent) -> None:
    """The stand-in reads and writes S3 within this process, as Redshift's role."""
    in_s3.load()
    export(in_s3.settings)
    export(in_s3.settings, overwrite=True)
    both = [policy_document(in_s3.settings, name) for name in ("load", "role")]
    asked = {
        (
            f"s3:{S3_PERMISSIONS.get(operation, operation)}",
            "/".join(["arn:aws:s3:::" + given["Bucket"], *key_of(given)]),
        )
        for operation, given in sent.requests
    }
    assert {action for action, _ in asked} == {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"}
    assert [request for request in asked if not any(allows(document, *request) for document in both)] == []
    load, role = both
    deleted = [arn for action, arn in asked if action == "s3:DeleteObject"]
    assert all(allows(load, "s3:DeleteObject", arn) for arn in deleted)
    assert not any(allows(role, action, arn) for action, arn in asked if action == "s3:DeleteObject")
    assert not any(allows(load, "s3:PutObject", arn) for arn in deleted if "_data/" in arn)


def test_a_login_is_allowed_for_its_user_and_database_alone() -> None:
    place = place_of(PROVISIONED, "aws")
    login = statement(load_policy(PROVISIONED, place), "LogIn")
    assert login["Action"] == ["redshift:GetClusterCredentials"]
    assert login["Resource"] == [
        "arn:aws:redshift:eu-west-1:123456789012:dbname:music/dev",
        "arn:aws:redshift:eu-west-1:123456789012:dbuser:music/loader",
    ]
    own_name = statement(load_policy(replace(PROVISIONED, db_user=None), place), "LogIn")
    assert own_name["Action"] == ["redshift:GetClusterCredentialsWithIAM"]
    assert own_name["Resource"] == login["Resource"][:1]


def test_a_login_to_serverless_is_for_the_workgroups_of_its_account() -> None:
    """The account is in the endpoint; the id of the workgroup, which its ARN has, is nowhere."""
    settings = Settings(host="music.123456789012.eu-west-1.redshift-serverless.amazonaws.com", iam=True)
    login = statement(load_policy(settings, place_of(settings, "aws")), "LogIn")
    assert login["Action"] == ["redshift-serverless:GetCredentials"]
    assert login["Resource"] == ["arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/*"]


def test_a_secret_is_read_and_a_password_needs_nothing() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:music"
    login = statement(load_policy(Settings(secret_arn=arn), Place("aws")), "LogIn")
    assert (login["Action"], login["Resource"]) == (["secretsmanager:GetSecretValue"], [arn])
    assert load_policy(Settings(host=PROVISIONED.host), Place("aws"))["Statement"] == []


def test_what_the_settings_do_not_say_is_any() -> None:
    assert place_of(Settings(), "aws") == Place("aws", "*", "*")
    assert policy_document(replace(PROVISIONED, role_arn="arn:aws-cn:iam::123456789012:role/r"), "load")["Statement"][
        0
    ]["Resource"][0].startswith("arn:aws-cn:")


def test_a_managed_password_needs_secrets_and_none_of_s3_needs_amazons_policy(account: Account) -> None:
    document = policy_document(account.settings(inputs={}, dwh={"DWH_SECRET": "true"}), "cluster")
    assert statement(document, "Secret")["Resource"] == ["arn:aws:secretsmanager:*:*:secret:redshift!*"]
    assert statement(document, "ReadAllOfS3")["Condition"] == {
        "ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
    }
    theirs = policy_document(account.settings(role_arn="arn:aws:iam::123456789012:role/theirs"), "cluster")
    assert statement(theirs, "PassRole")["Resource"] == ["arn:aws:iam::123456789012:role/theirs"]
    assert "iam:CreateRole" not in actions(theirs)


@pytest.mark.parametrize(("name", "who"), [("role", "Redshift's role"), ("load", "whoever runs loads")])
def test_who_needs_nothing_has_no_policy(name: str, who: str) -> None:
    """IAM refuses a policy without statements."""
    with pytest.raises(
        ConfigurationError, match=f"names no location in S3, so {who} needs no permission of AWS: fill in"
    ):
        policy_document(Settings(inputs={"LOG_DATA": "file:///logs/"}), name)


def test_the_command_prints_json(tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_text("[AWS]\nREGION=us-west-2\n[S3]\nLOG_DATA=s3://bucket/logs/\nMANIFESTS=s3://bucket/m/\n")
    assert run("--config", file, "cluster", "policy") == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["trust", "role", "load"]
    for name in ("trust", "role", "load", "cluster"):
        assert run("--config", file, "cluster", "policy", name) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["Version"] == "2012-10-17"
        assert document == printed.get(name, document)
    assert run("--config", file, "cluster", "policy", "rule") == 2
