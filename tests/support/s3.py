"""S3: a server within this process that speaks as S3 does, buckets in it, and an environment that leads to it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

import pytest

from sparkify_dwh.storage.store import ObjectStore
from support.aws import within_moto
from support.serverless_api import REGION


@pytest.fixture(scope="session")
def models_are_read_once() -> Iterator[None]:
    """What botocore knows of AWS is some megabytes of JSON, which every session of its own reads anew."""
    from botocore.loaders import JSONFileLoader

    with pytest.MonkeyPatch.context() as patch:
        read = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
        patch.setattr(JSONFileLoader, "load_file", lambda _loader, path: read(path))
        yield


@pytest.fixture(scope="session")
def s3_server(models_are_read_once: None) -> Iterator[str]:
    """The address of the server, which all tests share.

    Of every request it would write a log, and look through its classes for their methods.
    """
    from moto.core import responses
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(responses, "method_names_from_class", cache(responses.method_names_from_class))
        moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        moto.start()
        host, port = moto.get_host_and_port()
        yield f"http://{host}:{port}"
        moto.stop()


@pytest.fixture
def s3_environment(s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with the server and invented keys, and without AWS settings of this machine."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "pa55")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no_config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no_credentials"))


@pytest.fixture
def bucket(s3_environment: None) -> str:
    """The URL of a new bucket, with its slash."""
    name = f"sparkify-{uuid4().hex}"
    within_moto("s3", "aws").create_bucket(name, REGION)
    return f"s3://{name}/"


@pytest.fixture
def store(s3_environment: None) -> Iterator[ObjectStore]:
    """A store that reaches the server."""
    with ObjectStore() as store:
        yield store
