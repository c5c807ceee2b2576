"""Fixtures that every folder of tests uses; those of one folder are in its own conftest.py."""

from __future__ import annotations

import hypothesis
import pytest

pytest.register_assert_rewrite("support")
hypothesis.settings.register_profile("sparkify_dwh", deadline=None)  # a busy machine is no error
hypothesis.settings.load_profile("sparkify_dwh")

from support.memory import (  # noqa: E402 (first: it turns the garbage collector off while the rest is imported)
    pytest_collection_finish,
    pytest_configure,
    pytest_unconfigure,
)

# isort: split
from support.aws import account, address_service, aws, sent, serverless, serverless_server  # noqa: E402
from support.cli import configuration, run  # noqa: E402
from support.network import network  # noqa: E402
from support.order import pytest_collection_modifyitems  # noqa: E402
from support.real_data import real_data  # noqa: E402
from support.s3 import bucket, models_are_read_once, s3_environment, s3_server, store  # noqa: E402
from support.servers import initdb_runs_once, tmp_path  # noqa: E402
from support.warehouse import connection, engine, loaded, migrated, snapshots, sparkify  # noqa: E402

__all__ = [
    "account",
    "address_service",
    "aws",
    "bucket",
    "configuration",
    "connection",
    "engine",
    "initdb_runs_once",
    "loaded",
    "migrated",
    "models_are_read_once",
    "network",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_unconfigure",
    "real_data",
    "run",
    "s3_environment",
    "s3_server",
    "sent",
    "serverless",
    "serverless_server",
    "snapshots",
    "sparkify",
    "store",
    "tmp_path",
]
