"""Settings, as read from a configuration."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

import pytest
from support.checkout import ROOT
from support.inputs import inputs_under

from sparkify_dwh.config.file import parse
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.settings import Secret, Settings
from sparkify_dwh.sparkify import SPARKIFY

CLUSTER = """
[CLUSTER]
HOST=sparkify.abc.us-west-2.redshift.amazonaws.com
DB_NAME=sparkify
DB_USER=loader
DB_PASSWORD=pa%s#w;rd
[IAM_ROLE]
ARN=arn:aws:iam::123456789012:role/reader
[S3]
LOG_DATA=s3://sparkify/log_data
LOG_JSONPATH='s3://sparkify/log_json_path.json'
SONG_DATA=s3://sparkify/song_data/
"""


def settings_of(tmp_path: Path, text: str, **environ: str) -> Settings:
    """The settings that a file with this text and these variables give."""
    file = tmp_path / "dwh.cfg"
    file.write_text(text, encoding="utf-8")
    return Settings.read(file, environ)


def test_a_cluster_is_reached_through_the_redshift_driver(tmp_path: Path) -> None:
    url = settings_of(tmp_path, CLUSTER).url
    assert (url.drivername, url.username, url.password) == ("redshift+sparkify", "loader", "pa%s#w;rd")
    assert (url.host, url.port) == ("sparkify.abc.us-west-2.redshift.amazonaws.com", 5439)
    assert url.database == "sparkify"


def test_a_load_reads_the_configured_locations(tmp_path: Path) -> None:
    """A slash at the end is neither added nor removed: prefixes with and without it differ."""
    assert settings_of(tmp_path, CLUSTER).for_load() == {
        "LOG_DATA": "s3://sparkify/log_data",
        "LOG_JSONPATH": "s3://sparkify/log_json_path.json",
        "SONG_DATA": "s3://sparkify/song_data/",
    }


def test_all_missing_settings_of_a_connection_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        _ = settings_of(tmp_path, "[CLUSTER]\nDB_USER=loader\nDB_PASSWORD=''\n").url
    assert re.findall(r"\[CLUSTER\] (\w+)", str(error.value)) == ["HOST", "DB_NAME", "DB_PASSWORD"]


def test_all_missing_settings_of_a_load_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        settings_of(tmp_path, "[CLUSTER]\nHOST=h\nDB_NAME=d\n[S3]\nSONG_DATA=s3://sparkify/songs/").for_load()
    for name in ("[CLUSTER] DB_USER", "[CLUSTER] DB_PASSWORD", "[IAM_ROLE] ARN", "[S3] LOG_DATA", "[S3] LOG_JSONPATH"):
        assert name in str(error.value)
    assert "SONG_DATA" not in str(error.value)
    assert "SPARKIFY_DWH_CLUSTER_DB_USER" in str(error.value)


def test_settings_of_the_cluster_to_create_are_defaults_of_the_connection(tmp_path: Path) -> None:
    """[DWH] gives the defaults of [CLUSTER]."""
    dwh = "[DWH]\nDWH_DB=sparkify\nDWH_DB_USER=admin\nDWH_DB_PASSWORD=secret\nDWH_PORT=5440\nDWH_NUM_NODES=4\n"
    settings = settings_of(tmp_path, f"[CLUSTER]\nHOST=h\nDB_USER=loader\n{dwh}")
    assert settings.url.render_as_string(hide_password=False) == "redshift+sparkify://loader:secret@h:5440/sparkify"
    assert settings.dwh == {"DWH_DB": "sparkify", "DWH_DB_USER": "admin", "DWH_PORT": "5440", "DWH_NUM_NODES": "4"}
    assert settings.dwh_db_password == Secret("secret")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("h.redshift.amazonaws.com:5441/dev", ("h.redshift.amazonaws.com", 5441, "dev")),
        ("h.redshift.amazonaws.com:5441", ("h.redshift.amazonaws.com", 5441, None)),
        ("h.redshift.amazonaws.com/", ("h.redshift.amazonaws.com", 5439, None)),
    ],
)
def test_an_endpoint_may_be_pasted_from_the_console(
    tmp_path: Path, host: str, expected: tuple[str, int, str | None]
) -> None:
    settings = settings_of(tmp_path, f"[CLUSTER]\nHOST={host}\n")
    assert (settings.host, settings.db_port, settings.db_name) == expected


def test_separate_settings_win_over_the_pasted_endpoint(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "[CLUSTER]\nHOST=h:5441/dev\nDB_NAME=sparkify\nDB_PORT=5442\n")
    assert (settings.host, settings.db_port, settings.db_name) == ("h", 5442, "sparkify")


@pytest.mark.parametrize("host", ["https://u:pa55@h/dev", "jdbc:redshift://h:1/dev?password=pa55", "loader:pa55@h"])
def test_a_url_as_host_is_refused(tmp_path: Path, host: str) -> None:
    """The message does not show what was found, which may hold a password."""
    with pytest.raises(ConfigurationError, match=r"\[CLUSTER\] HOST must be a host") as error:
        settings_of(tmp_path, f"[CLUSTER]\nHOST={host}\n")
    assert "pa55" not in str(error.value)


def test_an_error_names_the_variable_that_holds_the_wrong_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^SPARKIFY_DWH_DWH_DWH_PORT must be a number .* found 70000"):
        settings_of(tmp_path, "[CLUSTER]\nHOST=h\n", SPARKIFY_DWH_DWH_DWH_PORT="70000")


def test_the_stand_in_keeps_its_data_beside_the_configuration(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "[CLUSTER]\nHOST=Standin\n")
    assert settings.is_standin
    assert settings.standin_directory == tmp_path / ".standin"
    assert str(settings.url) == f"redshift+standin:///{tmp_path}/.standin"
    assert settings.manifests == f"file://{tmp_path}/.standin/manifests/"


def test_the_stand_in_reads_paths_relative_to_the_configuration(tmp_path: Path) -> None:
    inputs = "LOG_DATA=my data/log_data\nSONG_DATA=../songs/\nLOG_JSONPATH=file:///d/my%20paths.json\n"
    settings = settings_of(tmp_path, f"[CLUSTER]\nHOST=standin\n[STANDIN]\nDIR=/var/../srv\n[S3]\n{inputs}")
    assert settings.for_load() == {
        "LOG_DATA": f"file://{tmp_path}/my%20data/log_data",
        "LOG_JSONPATH": "file:///d/my%20paths.json",
        "SONG_DATA": f"file://{tmp_path.parent}/songs/",
    }
    assert settings.standin_directory == Path("/srv")


@pytest.mark.parametrize("change", ["LOG_DATA=s3://sparkify/log", "LOG_DATA=s3://sparkify"])
def test_a_prefix_that_also_matches_another_location_is_refused(tmp_path: Path, change: str) -> None:
    """COPY reads whatever the prefix matches as data, the JSONPaths file too."""
    settings = settings_of(tmp_path, CLUSTER.replace("LOG_DATA=s3://sparkify/log_data", change))
    with pytest.raises(ConfigurationError, match=r"the key prefix \[S3\] LOG_DATA also matches"):
        settings.for_load()


def test_an_access_key_needs_both_its_parts(tmp_path: Path) -> None:
    both = settings_of(tmp_path, "[AWS]\nKEY=AKIAX\nSECRET=s/e+c\n")
    assert (both.aws_key, both.aws_secret) == (Secret("AKIAX"), Secret("s/e+c"))
    with pytest.raises(ConfigurationError, match=r"\[AWS\] KEY is given, \[AWS\] SECRET is not"):
        settings_of(tmp_path, "[AWS]\nKEY=AKIAX\n")


IDENTITY = "[CLUSTER]\nHOST=h\nDB_NAME=d\n"


@pytest.mark.parametrize(
    "line", ["IAM=true", "IAM=Yes", "SECRET_ARN=arn:aws:secretsmanager:us-west-2:123456789012:secret:redshift!x-AbC"]
)
def test_iam_and_secrets_need_no_password(tmp_path: Path, line: str) -> None:
    """A configured password is then not part of the URL."""
    url = settings_of(tmp_path, f"{IDENTITY}{line}\nDB_PASSWORD=pa55\n").url
    assert (url.host, url.database, url.password) == ("h", "d", None)


PORT = r"\[CLUSTER\] DB_PORT must be a number from 1 to 65535"
ROLE = r"\[IAM_ROLE\] ARN must be a role like arn:aws:iam::.* cluster up --write"
REGION = r"\[AWS\] REGION must be a region like us-west-2"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        *((f"DB_PORT={port}", PORT) for port in ("0", "65536", "-1", "54.39", "five", "٥٤٣٩")),
        ("IAM=pa55", r"\[CLUSTER\] IAM must be true or false"),
        ("SECRET_ARN=pa55", r"\[CLUSTER\] SECRET_ARN must be a secret like .* found something without arn:"),
        (
            "TLS=off",
            r"\[CLUSTER\] TLS must be verify-full, or verify-ca for a tunnel .* without TLS would show passwords",
        ),
        ("TLS=require", r"\[CLUSTER\] TLS must be verify-full"),
        ("CONNECT_SECONDS=0", r"\[CLUSTER\] CONNECT_SECONDS needs seconds from 1 to 3600"),
        ("CONNECT_SECONDS=soon", r"\[CLUSTER\] CONNECT_SECONDS needs seconds from 1 to 3600"),
        ("QUERY_GROUP=a'b", r"\[CLUSTER\] QUERY_GROUP must be up to 100 letters"),
        ("[S3]\nLOG_DATA=file:///d/log_data/", r"\[S3\] LOG_DATA is 'file:///d/log_data/', and Redshift cannot"),
        ("[S3]\nLOG_JSONPATH=s3://sparkify/paths/", r"\[S3\] LOG_JSONPATH must be one file"),
        *(
            (f"[IAM_ROLE]\nARN={arn}", ROLE)
            for arn in ("sparkify-redshift", "123456789012:role/x", "default", "arn:aws:iam::1234:role/x")
        ),
        *((f"[AWS]\nREGION={region}", REGION) for region in ("Oregon", "us west 2", "us-west-2a")),
    ],
)
def test_an_invalid_value_is_refused(tmp_path: Path, line: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as error:
        settings_of(tmp_path, IDENTITY + line)
    assert "pa55" not in str(error.value)


def test_tls_is_verified_and_connecting_is_limited_by_default(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, IDENTITY)
    assert (settings.tls, settings.connect_seconds, settings.query_group) == ("verify-full", 30, "sparkify_dwh")
    other = settings_of(tmp_path, f"{IDENTITY}TLS=Verify-CA\nCONNECT_SECONDS=2.5\nQUERY_GROUP=nightly\n")
    assert (other.tls, other.connect_seconds, other.query_group) == ("verify-ca", 2.5, "nightly")


def test_batches_are_analyzed_above_a_number_of_rows(tmp_path: Path) -> None:
    assert settings_of(tmp_path, IDENTITY).analyze_above_rows == 100_000
    assert settings_of(tmp_path, f"{IDENTITY}ANALYZE_ABOVE_ROWS=0\n").analyze_above_rows == 0
    with pytest.raises(ConfigurationError, match="ANALYZE_ABOVE_ROWS must be a number from 0 to 999999999"):
        settings_of(tmp_path, f"{IDENTITY}ANALYZE_ABOVE_ROWS=-1\n")


def test_regions_of_other_partitions_are_accepted(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "[AWS]\nREGION=us-gov-west-1\n").aws_region == "us-gov-west-1"


def test_roles_may_be_chained(tmp_path: Path) -> None:
    """Redshift guide, r_UNLOAD."""
    chain = "arn:aws:iam::123456789012:role/a,arn:aws-cn:iam::123456789012:role/path/b"
    assert settings_of(tmp_path, f"[IAM_ROLE]\nARN={chain}\n").role_arn == chain


def test_the_region_of_the_inputs_defaults_to_that_of_the_cluster(tmp_path: Path) -> None:
    host = "[CLUSTER]\nHOST=x.y.eu-west-1.redshift.amazonaws.com\n"
    regions = [
        settings_of(tmp_path, text).bucket_region
        for text in (
            host,
            f"{host}[AWS]\nREGION=eu-west-2\n",
            f"{host}[S3]\nREGION=eu-west-3\n[AWS]\nREGION=eu-west-2\n",
        )
    ]
    assert regions == ["eu-west-1", "eu-west-2", "eu-west-3"]


def test_the_embedded_warehouse_needs_no_configuration(tmp_path: Path) -> None:
    inputs = inputs_under(f"file://{tmp_path}/data/")
    settings = Settings.embedded(tmp_path, inputs)
    assert str(settings.url) == f"redshift+standin:///{tmp_path}"
    assert settings.for_load() == inputs


def test_no_secret_is_printed_or_logged(tmp_path: Path) -> None:
    aws = "[AWS]\nKEY=AKIAX\nSECRET=s/e+c\n[DWH]\nDWH_DB_PASSWORD=hidden\n"
    settings = settings_of(tmp_path, CLUSTER + aws)
    shown = f"{settings!r} {settings} {settings.db_password} {settings.db_password!r} {settings.url!r} {settings.url}"
    assert not [secret for secret in ("pa%s#w;rd", "AKIAX", "s/e+c", "hidden") if secret in shown]
    assert "db_password=***" in shown


def test_a_secret_can_be_copied_and_compared() -> None:
    """It never equals a string."""
    secret = Secret("pa55")
    assert copy.deepcopy(secret) == secret == Secret("pa55") != "pa55"
    assert {secret: 1}[Secret("pa55")] == 1
    assert secret
    assert not Secret("")
    assert pickle.loads(pickle.dumps(secret)) == secret


def test_settings_go_to_the_processes_of_a_pool(tmp_path: Path) -> None:
    checks = "[CHECKS]\nplays have a user = error\n"
    settings = settings_of(
        tmp_path, CLUSTER + "[AWS]\nKEY=AKIAX\nSECRET=s/e+c\n[DWH]\nDWH_DB_PASSWORD=hidden\n" + checks
    )
    for copied in (pickle.loads(pickle.dumps(settings)), copy.copy(settings), copy.deepcopy(settings)):
        assert copied == settings
        assert copied.warehouse is settings.warehouse
        assert "db_password=***" in repr(copied)
        with pytest.raises(TypeError):
            copied.inputs["LOG_DATA"] = "s3://another/"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(attrgetter("url.database", "warehouse.migrations"), settings).result() == (
            settings.url.database,
            settings.warehouse.migrations,
        )


def test_a_warehouse_that_no_module_holds_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="once a variable of a module holds it"):
        pickle.dumps(replace(SPARKIFY, earliest=datetime(2020, 1, 1)))


def test_the_configuration_in_the_repository_is_the_embedded_stand_in() -> None:
    settings = Settings.read(ROOT / "dwh.cfg", {})
    assert settings.standin_directory == ROOT / ".standin"
    assert settings.for_load()["LOG_DATA"] == f"file://{ROOT}/.standin/data/log_data/"


def test_the_example_of_a_cluster_names_every_key(tmp_path: Path) -> None:
    """Without its ``#``, the example is a configuration that can load."""
    example = (ROOT / "dwh.cfg").read_text(encoding="utf-8").partition("A real cluster.")[2]
    text = "\n".join(re.findall(r"^#(\S.*)$", example, re.MULTILINE))
    settings = settings_of(tmp_path, text)
    assert settings.for_load()["LOG_DATA"].startswith("s3://")
    assert settings.url.port == 5439
    given = {f"[{section}] {key}" for section, key in parse(text, tmp_path)}
    expected = [field for field in SPARKIFY.fields.values() if field.section != "STANDIN" and not field.group]
    assert not {f"[{field.section}] {field.key}" for field in expected} - given
    assert settings.checks.severities


def test_settings_are_imported_without_heavy_imports() -> None:
    imports = "import sys, sparkify_dwh.settings, sparkify_dwh.storage.store"
    code = f"{imports}; print({{'boto3', 'botocore', 'sqlalchemy'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Sparkify", "sparkify"),
        ("'two words'", "two words"),
        ("Örtlich", "Örtlich"),
        ("user", "user"),
        ("a" * 127, "a" * 127),
    ],
)
def test_a_schema_is_named_as_redshift_stores_it(tmp_path: Path, written: str, name: str) -> None:
    """Redshift guide, r_names"""
    settings = settings_of(tmp_path, f"{IDENTITY}SCHEMA={written}\n")
    assert settings.schema == name
    assert settings.schemas is not None
    assert settings.schemas.path == (name,)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pg_temp", "must be a schema of your own, found 'pg_temp', which belongs to Redshift"),
        ("$user", "must be a schema of your own"),
        ("Information_Schema", "must be a schema of your own"),
        ("dev.sparkify", "without quotes, dots and control characters, found 'dev.sparkify'"),
        ("a\tb", "without quotes, dots and control characters"),
        ('a"b', "without quotes, dots and control characters"),
        ("ä" * 64, "must be a schema's name of up to 127 bytes"),
    ],
)
def test_a_schema_that_no_table_can_be_in_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        settings_of(tmp_path, f"{IDENTITY}IAM=true\nSCHEMA={name}\n")


def test_without_a_schema_the_search_path_is_that_of_the_user(tmp_path: Path) -> None:
    assert settings_of(tmp_path, f"{IDENTITY}IAM=true\nSCHEMA=\n").schemas is None


def test_staging_has_no_schema_of_its_own_without_that_of_the_star(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"{IDENTITY}IAM=true\nSTAGING_SCHEMA=staging\n")
    for use in (lambda: settings.url, lambda: settings.schemas):
        with pytest.raises(ConfigurationError, match=r"lacks \[CLUSTER\] SCHEMA"):
            use()
