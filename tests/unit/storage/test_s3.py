"""Objects in S3, asked of a server within this process that speaks as S3 does."""

from __future__ import annotations

import logging
import traceback
import urllib.request
from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from support.serverless_api import Quiet, served

from sparkify_dwh.aws.sessions import AccessKey
from sparkify_dwh.errors import SourceError
from sparkify_dwh.storage.store import ObjectStore, StoredObject
from sparkify_dwh.utils.secret import Secret

pytestmark = pytest.mark.usefixtures("s3_environment")


def test_a_prefix_also_matches_its_longer_neighbours_in_s3(store: ObjectStore, bucket: str) -> None:
    """Redshift guide, copy-parameters-data-source-s3. The object that a console makes for a folder is one too."""
    names = ["log_data.bak", "log_data/", "log_data/2018/11/x.json", "log_data2/y.json"]
    for name in [*names, "log_json_path.json"]:
        store.write(bucket + name, b"")
    assert [found.url for found in store.list(f"{bucket}log_data")] == [bucket + name for name in names]
    assert store.list(f"{bucket}no") == []
    assert len(store.list(bucket)) == 5


def test_an_object_in_s3_has_a_size_and_an_etag_without_quotes(store: ObjectStore, bucket: str) -> None:
    store.write(f"{bucket}x", b"{}")
    assert store.list(bucket) == [StoredObject(f"{bucket}x", 2, "99914b932bd37a50b983c5e7c90ae93b")]


def test_a_listing_goes_past_the_first_answer(store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers a thousand objects at a time; here it is two."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    urls = [f"{bucket}x{number}" for number in range(5)]
    for url in urls:
        store.write(url, b"")
    assert [found.url for found in store.list(bucket)] == urls


@pytest.mark.parametrize("key", ["a b", "a%20b", "50%+&=", "#1?x", "Sigur Rós", "it's \\ here", "a//b", "é~!*()"])
def test_a_key_of_any_spelling_is_written_listed_and_read(store: ObjectStore, bucket: str, key: str) -> None:
    store.write(bucket + key, key.encode())
    assert [found.url for found in store.list(bucket + key[:2])] == [bucket + key]
    assert store.read(bucket + key) == key.encode()


def test_an_object_in_s3_is_read_in_pieces(store: ObjectStore, bucket: str) -> None:
    data = bytes(range(256)) * 10_000
    store.write(f"{bucket}x", data)
    with store.open(f"{bucket}x") as stream:
        assert stream.read(3) == data[:3]
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == data[3:]
    with store.open(f"{bucket}x") as stream:
        assert stream.readline() == data[:11]


def test_an_object_in_s3_is_replaced_and_deleted(store: ObjectStore, bucket: str) -> None:
    for data in (b"old", b"new"):
        store.write(f"{bucket}x", data)
    assert store.read(f"{bucket}x") == b"new"
    for _ in range(2):
        store.delete(f"{bucket}x")
    assert store.list(bucket) == []


def test_a_store_can_be_used_again_after_it_was_closed(store: ObjectStore, bucket: str) -> None:
    store.write(f"{bucket}x", b"{}")
    store.close()
    store.close()
    assert store.read(f"{bucket}x") == b"{}"


def test_what_is_not_in_s3_cannot_be_read(store: ObjectStore, bucket: str) -> None:
    with pytest.raises(SourceError, match=f"Nothing is at {bucket}x"):
        store.read(f"{bucket}x")


def test_a_bucket_that_is_not_there_is_named(store: ObjectStore) -> None:
    for act in (store.list, store.read, store.delete):
        with pytest.raises(SourceError, match="There is no bucket sparkify-none"):
            act("s3://sparkify-none/x")
    with pytest.raises(SourceError, match="found the bucket s3://sparkify/: add the key"):
        store.read("s3://sparkify/")


def test_without_credentials_the_message_says_where_to_put_them(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with (
        ObjectStore() as store,
        pytest.raises(SourceError, match=r"No AWS credentials .*: set AWS_PROFILE, or"),
    ):
        store.list(bucket)
    with ObjectStore(access_key=AccessKey(Secret("AKIAGIVEN"), Secret("pa55"))) as store:
        assert store.list(bucket) == []


def test_a_temporary_key_without_its_token_is_refused() -> None:
    """S3 would answer that it does not know the key."""
    keys = AccessKey(Secret("ASIAGIVEN"), Secret("pa55"))
    with (
        ObjectStore(access_key=keys) as store,
        pytest.raises(SourceError, match="need a session token: give the token"),
    ):
        store.list("s3://sparkify/x")


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        ("http://127.0.0.1:1", r"cannot be reached at 127\.0\.0\.1"),
        ("http://u:pa55@127.0.0.1:1", r"cannot be reached at 127\.0\.0\.1"),
        ("localhost:9000", r"AWS_ENDPOINT_URL .* must be a URL like"),
    ],
)
def test_a_server_that_does_not_answer_is_named(endpoint: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with ObjectStore() as store, pytest.raises(SourceError, match=sentence) as error:
        store.list("s3://sparkify/x")
    assert "pa55" not in str(error.value)


def test_a_region_that_is_none_is_a_fault_of_the_configuration() -> None:
    with ObjectStore(region="us west") as store, pytest.raises(SourceError, match=r"correct \[S3\] REGION"):
        store.list("s3://sparkify/x")


@pytest.fixture
def guarded(s3_server: str) -> Iterator[ObjectStore]:
    """A store of a user without any rights, at a server that asks for them."""
    iam = boto3.session.Session().client("iam")
    name = f"ada-{uuid4().hex}"
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    iam.close()
    ask_for_rights(s3_server, after_requests=0)
    try:
        with ObjectStore(access_key=AccessKey(Secret(made["AccessKeyId"]), Secret(made["SecretAccessKey"]))) as store:
            yield store
    finally:
        ask_for_rights(s3_server, after_requests=float("inf"))


def ask_for_rights(server: str, *, after_requests: float) -> None:
    plain = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{server}/moto-api/reset-auth", str(after_requests).encode(), plain)
    urllib.request.urlopen(request).close()


def test_a_right_that_is_lacking_is_named(bucket: str, guarded: ObjectStore) -> None:
    acts = {"ListBucket": guarded.list, "GetObject": guarded.read, "DeleteObject": guarded.delete}
    for right, act in acts.items():
        with pytest.raises(SourceError, match=f"No permission for s3:{right} on {bucket}x"):
            act(f"{bucket}x")


def test_credentials_that_s3_refuses_are_not_shown(bucket: str, guarded: ObjectStore) -> None:
    with (
        ObjectStore() as store,
        pytest.raises(SourceError, match="S3 refused the credentials for s3:List") as error,
    ):
        store.list(bucket)
    assert "pa55" not in f"{error.value} {error.value.__cause__}"


class OneReply(Quiet):
    """Gives every request the reply that its server was made with."""

    def do_GET(self) -> None:  # noqa: N802 (as http.server calls it)
        self.wfile.write(self.server.reply)
        self.close_connection = True


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"200 OK\r\nContent-Length: 9\r\n\r\n{}", "The answer of S3 for s3://sparkify/x broke off .*: try again"),
        (b"200 OK\r\nx-amz-checksum-crc32: AAAAAA==\r\nContent-Length: 2\r\n\r\n{}", "broke off .*: try again"),
        (
            b"301 Moved\r\nx-amz-bucket-region: eu-west-1\r\n\r\n<Error><Code>PermanentRedirect</Code></Error>",
            r"The bucket of s3://sparkify/x is in eu-west-1, .*: correct \[S3\] REGION",
        ),
        (
            b"400 Bad\r\n\r\n<Error><Code>SlowDown</Code></Error>",
            r"more requests .* \(s3:GetObject on .*, SlowDown\): try",
        ),
        (
            b"400 Bad\r\n\r\n<Error><Code>ExpiredToken</Code></Error>",
            r"credentials .* have expired \(ExpiredToken\): renew",
        ),
    ],
    ids=["cut short", "changed on the way", "elsewhere", "slow down", "expired"],
)
def test_a_read_that_s3_does_not_satisfy_says_why(
    answer: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(OneReply, reply=b"HTTP/1.1 " + answer) as address, ObjectStore() as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(SourceError, match=sentence):
            store.read("s3://sparkify/x")


def test_session_tokens_reach_no_log(bucket: str, caplog: pytest.LogCaptureFixture) -> None:
    """botocore's and urllib3's records of what is sent have its headers."""
    caplog.set_level(logging.DEBUG)
    token = Secret("FwoGZXIvYXdzEBYaDH")
    with ObjectStore(access_key=AccessKey(Secret("AKIATEST"), Secret("pa55"), token)) as store:
        store.write(f"{bucket}x", b"{}")
        assert store.read(f"{bucket}x") == b"{}"
        assert len(store.list(bucket)) == 1
    assert token.reveal() not in caplog.text


def test_a_malformed_setting_of_aws_is_told(store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by its value, which could be a proxy's URL with a password."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "pa55")
    with ObjectStore() as other, pytest.raises(SourceError, match=r"cannot be asked.*configuration of AWS") as raised:
        other.list(bucket)
    assert "pa55" not in "".join(traceback.format_exception(raised.value))
