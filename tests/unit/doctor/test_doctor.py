"""What the doctor finds, of a healthy warehouse and of one with problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from support.inputs import with_inputs
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh.doctor import Diagnosis, examine
from sparkify_dwh.doctor.credentials import credentials_findings
from sparkify_dwh.doctor.findings import ok, problem, warning
from sparkify_dwh.doctor.loads import load_findings
from sparkify_dwh.doctor.migrations import migration_findings
from sparkify_dwh.doctor.rights import rights_findings
from sparkify_dwh.doctor.sources import source_findings
from sparkify_dwh.doctor.versions import out_of_bounds
from sparkify_dwh.doctor.warehouse import clock_finding
from sparkify_dwh.errors import AwsError, CopyError, NotMigratedError, SourceError, SparkifyError
from sparkify_dwh.ledger import LoadLock
from sparkify_dwh.migrate import newest_revision
from sparkify_dwh.redshift.commands import LockTable
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.storage.store import ObjectStore
from sparkify_dwh.utils.secret import Secret

CLUSTER = "[CLUSTER]\nHOST=127.0.0.1\nDB_NAME=dev\nDB_USER=me\nDB_PASSWORD=hush-hush\nDB_PORT=1\n"
ROLE = "[IAM_ROLE]\nARN=arn:aws:iam::123456789012:role/sparkify\n"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that configures nothing, and a directory that holds nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPARKIFY_DWH_CONFIG", raising=False)


def sentences(diagnosis: Diagnosis, state: str) -> list[tuple[str, str]]:
    """The findings in a state, as subject and sentence."""
    return [(finding.about, finding.sentence) for finding in diagnosis.findings if finding.state == state]


def a_configuration(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "dwh.cfg"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_healthy_warehouse_has_no_problems(sparkify: Sparkify, configuration: Path) -> None:
    sparkify.logs("2018-11-15-events.json", an_event())
    sparkify.songs("a.json", a_song())
    sparkify.load()
    diagnosis = examine(configuration)
    assert sentences(diagnosis, "problem") + sentences(diagnosis, "warning") == []
    assert diagnosis.exit_code == 0
    text = " ".join(sentence for _, sentence in sentences(diagnosis, "ok"))
    for phrase in (
        "Connected in",
        "to the embedded stand-in, database dev",
        "may read and write the tables",
        f"at revision {newest_revision(SPARKIFY)}, the newest",
        "succeeded in",
        "No load is running",
        "LOG_DATA has 1 file of",
        "a path for each of the 18 columns",
        "MANIFESTS is writable",
    ):
        assert phrase in text


def test_the_exit_code_is_that_of_the_first_problem() -> None:
    assert Diagnosis([ok("versions", ""), warning("sources", "")]).exit_code == 0
    assert Diagnosis([warning("sources", ""), problem("migrations", ""), problem("warehouse", "")]).exit_code == 5


def test_a_login_that_aws_refuses_has_the_exit_code_of_a_load(
    s3_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    host = "sparkify.123456789012.us-west-2.redshift-serverless.amazonaws.com"
    diagnosis = examine(a_configuration(tmp_path, f"[CLUSTER]\nHOST={host}\nDB_NAME=dev\nIAM=true\n"))
    (finding,) = [
        finding for finding in diagnosis.findings if (finding.about, finding.state) == ("warehouse", "problem")
    ]
    assert finding.sentence.startswith("AWS cannot be reached at 127.0.0.1")
    assert finding.exit_code == AwsError.exit_code


def test_without_a_configuration_the_versions_are_shown(tmp_path: Path) -> None:
    diagnosis = examine()
    assert diagnosis.exit_code == 3
    assert diagnosis.findings[0].sentence.startswith("sparkify-dwh 0")
    assert "has no dwh.cfg" in sentences(diagnosis, "problem")[0][1]


def test_all_invalid_values_are_reported_at_once(tmp_path: Path) -> None:
    diagnosis = examine(
        a_configuration(
            tmp_path,
            "[CLUSTER]\nHOST=jdbc:redshift://x\nDB_PORT=eleven\nTLS=off\n[IAM_ROLE]\nARN=my-role\n[S3]\nLOG_DATA=http://x/y\n"
            "[AWS]\nKEY=AKIA\n",
        )
    )
    problems = [sentence for _, sentence in sentences(diagnosis, "problem")]
    assert len(problems) == 6
    for key, sentence in zip(("HOST", "DB_PORT", "TLS", "ARN", "LOG_DATA", "KEY"), problems, strict=True):
        assert key in sentence


@pytest.mark.parametrize(
    ("mode", "content", "warns"),
    [(0o644, CLUSTER, True), (0o600, CLUSTER, False), (0o644, "[CLUSTER]\nHOST=standin\n", False)],
)
def test_a_password_that_others_may_read_is_a_warning(tmp_path: Path, mode: int, content: str, warns: bool) -> None:
    path = a_configuration(tmp_path, content)
    path.chmod(mode)
    warnings = [sentence for _, sentence in sentences(examine(path), "warning") if "chmod 600" in sentence]
    assert bool(warnings) is warns
    assert all("(mode 0644), which holds [CLUSTER] DB_PASSWORD: chmod" in sentence for sentence in warnings)
    assert "hush" not in json.dumps(examine(path).to_dict())


def test_passwords_that_others_may_read_are_listed(tmp_path: Path) -> None:
    path = a_configuration(tmp_path, f"{CLUSTER}[DWH]\nDWH_DB_PASSWORD=hush\n[AWS]\nKEY=AKIA\nSECRET=hush\n")
    path.chmod(0o644)
    (warnings,) = [sentence for _, sentence in sentences(examine(path), "warning") if "chmod 600" in sentence]
    assert "which holds [CLUSTER] DB_PASSWORD, [AWS] SECRET and [DWH] DWH_DB_PASSWORD: chmod" in warnings


def test_unknown_settings_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKIFY_DWH_CLUSTER_OWNER", "me")
    path = a_configuration(tmp_path, "[CLUSTER]\nHOST=standin\nOWNER=me\n[Clusters]\nDB_NAME=x\n[pass: word!]\n")
    warnings = [sentence.split(" is not a known setting")[0] for _, sentence in sentences(examine(path), "warning")]
    assert warnings[:4] == [
        f"{path}: the section [Clusters]",
        f"{path}: the section in line 6",
        f"{path}: [CLUSTER] OWNER",
        "SPARKIFY_DWH_CLUSTER_OWNER",
    ]


def test_missing_settings_are_named(tmp_path: Path) -> None:
    diagnosis = examine(a_configuration(tmp_path, "[CLUSTER]\nHOST=standin\n[S3]\nSONG_DATA=songs/\n"))
    assert "lacks [S3] LOG_DATA, [S3] LOG_JSONPATH" in sentences(diagnosis, "problem")[0][1]


def test_a_cluster_that_cannot_be_created_is_a_warning(tmp_path: Path) -> None:
    """The warehouse that is there goes on without it."""
    for dwh, phrase in (
        ("DWH_NODE_TYPE=dc2.large", "no longer offers"),
        ("DWH_CLUSTER_TYPE=multi-node\nDWH_NUM_NODES=1", "at least 2"),
    ):
        warnings = sentences(examine(a_configuration(tmp_path, f"[CLUSTER]\nHOST=standin\n[DWH]\n{dwh}\n")), "warning")
        assert any("cluster up" in sentence and phrase in sentence for _, sentence in warnings)


def test_a_missing_standin_is_not_created(tmp_path: Path) -> None:
    diagnosis = examine(a_configuration(tmp_path, "[CLUSTER]\nHOST=standin\n"))
    assert ("migrations", f"There is no stand-in in {tmp_path}/.standin yet. Run: sparkify-dwh upgrade.") in sentences(
        diagnosis, "problem"
    )
    assert not (tmp_path / ".standin").exists()


def test_the_inputs_are_checked_though_the_warehouse_is_unreachable(bucket: str, tmp_path: Path) -> None:
    with ObjectStore() as store:
        store.write(f"{bucket}songs/a.json", b"{}")
    locations = (
        f"[S3]\nLOG_DATA={bucket}logs/\nLOG_JSONPATH={bucket}p.json\nSONG_DATA={bucket}songs/\nMANIFESTS={bucket}m/\n"
    )
    diagnosis = examine(a_configuration(tmp_path, CLUSTER + ROLE + locations))
    assert diagnosis.exit_code == 4
    assert [(about, sentence.split(":")[0]) for about, sentence in sentences(diagnosis, "problem")] == [
        ("warehouse", "The warehouse at 127.0.0.1"),
        ("sources", "LOG_DATA"),
        ("sources", "LOG_JSONPATH"),
    ]
    well = [sentence for _, sentence in sentences(diagnosis, "ok")]
    assert f"SONG_DATA has 1 file of 2 bytes under {bucket}songs/." in well
    assert f"MANIFESTS is writable: {bucket}m/." in well
    assert any("is in us-west-2" in sentence for sentence in well)
    assert "hush" not in json.dumps(diagnosis.to_dict())


def test_a_bucket_in_another_region_is_a_problem(bucket: str, tmp_path: Path) -> None:
    text = f"{CLUSTER}{ROLE}[S3]\nLOG_DATA={bucket}logs/\nREGION=eu-west-1\n"
    warnings = sentences(examine(a_configuration(tmp_path, text)), "problem")
    assert any(
        "is in us-west-2, but [S3] REGION is eu-west-1: set REGION=us-west-2" in sentence for _, sentence in warnings
    )


def test_inputs_in_s3_need_credentials(s3_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(inputs={"LOG_DATA": "s3://sparkify/log_data/"})
    assert [finding.sentence for finding in credentials_findings(settings)] == [
        "AWS requests use the environment (AWS_ACCESS_KEY_ID)."
    ]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    keys = replace(settings, aws_key=Secret("AKIA-of-file"), aws_secret=Secret("hush"))
    (finding,) = credentials_findings(keys)
    assert (finding.state, "[AWS] KEY" in finding.sentence, "of-file" in finding.sentence) == ("ok", True, False)
    (finding,) = credentials_findings(settings)
    assert (finding.state, "set AWS_PROFILE" in finding.sentence) == ("problem", True)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SparkifyError, match="AWS_PROFILE names a profile"):
        list(credentials_findings(settings))


@pytest.mark.parametrize(("version", "count"), [("2.0.44", 1), ("2.0.45", 0), ("2.1.9", 0), ("2.2.0b1", 1)])
def test_a_sqlalchemy_outside_its_bounds_is_reported(version: str, count: int) -> None:
    findings = list(out_of_bounds({"sqlalchemy": "<2.2,>=2.0.45"}, {"sqlalchemy": version}))
    assert len(findings) == count
    assert all("pip install 'sqlalchemy<2.2,>=2.0.45'" in finding.sentence for finding in findings)


def test_the_versions_that_are_known_to_work_are_named() -> None:
    (sentence,) = [sentence for _, sentence in sentences(examine(), "ok") if sentence.startswith("Known to work")]
    assert re.search(r"sqlalchemy 2\.0\.\d+ to 2\.1\.\d+, sqlalchemy-redshift 1\.0\.0, redshift-connector", sentence)


def test_clocks_that_differ_are_reported() -> None:
    assert clock_finding(timedelta(seconds=-59)).state == "ok"
    assert "clock is 7,200 s behind the warehouse's" in clock_finding(timedelta(hours=2)).sentence
    assert "clock is 120 s ahead of the warehouse's" in clock_finding(timedelta(minutes=-2)).sentence


@contextmanager
def changed(engine: Engine, statement: str, back: str) -> Iterator[None]:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(back)


@pytest.fixture
def reader(engine: Engine) -> Iterator[Connection]:
    """A connection as a user who may select from songs, and from nothing else that is ours."""
    with changed(engine, "CREATE USER reader", "DROP USER reader"), engine.connect() as connection:
        connection.exec_driver_sql("GRANT SELECT ON songs TO reader")
        connection.exec_driver_sql("SET SESSION AUTHORIZATION reader")
        connection.commit()
        yield connection
        connection.rollback()
        connection.exec_driver_sql("RESET SESSION AUTHORIZATION")
        connection.exec_driver_sql("REVOKE SELECT ON songs FROM reader")
        connection.commit()


def test_missing_rights_are_named(reader: Connection) -> None:
    findings = [(finding.state, finding.sentence.split(",")[0]) for finding in rights_findings(reader, SPARKIFY)]
    assert findings[0] == ("problem", "This user may not SELECT on artists")
    assert [state for state, sentence in findings if "may not" in sentence][:4] == ["problem"] * 4
    (songs,) = [finding for finding in rights_findings(reader, SPARKIFY) if "may not INSERT" in finding.sentence]
    assert "songs" in songs.sentence
    assert songs.sentence.endswith("have their owner run `sparkify-dwh grant loader --to USER reader`.")
    assert ("warning", "This user may not create tables in the schema public") in findings
    assert ("warning", "This user does not own artists") in findings


def test_tables_without_a_revision_are_a_problem(connection: Connection) -> None:
    connection.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(NotMigratedError, match="Run: sparkify-dwh upgrade"):
        list(migration_findings(connection, SPARKIFY))


@pytest.mark.parametrize(
    ("statement", "back", "expected"),
    [
        ("ALTER TABLE songs ADD COLUMN mood INTEGER", "ALTER TABLE songs DROP COLUMN mood", ("problem", "songs")),
        ("ALTER TABLE songs ALTER SORTKEY (year)", "ALTER TABLE songs ALTER SORTKEY (song_id)", ("warning", "songs")),
    ],
)
def test_tables_that_differ_from_the_models_are_named(
    engine: Engine, statement: str, back: str, expected: tuple[str, str]
) -> None:
    with changed(engine, statement, back), engine.connect() as connection:
        (finding,) = [finding for finding in migration_findings(connection, SPARKIFY) if finding.state != "ok"]
    assert (finding.state, expected[1] in finding.sentence) == (expected[0], True)


def test_the_last_load_is_reported(sparkify: Sparkify, connection: Connection) -> None:
    assert "Nothing has been loaded yet" in next(load_findings(connection, SPARKIFY)).sentence
    connection.rollback()
    sparkify.songs("a.json", a_song())
    sparkify.logs("a.json", an_event(ts="yesterday"))
    with pytest.raises(CopyError):
        sparkify.load()
    (last, now) = load_findings(connection, SPARKIFY)
    assert (last.state, "failed: The copy of staging_events failed" in last.sentence) == ("warning", True)
    assert now.sentence == "No load is running."


def test_how_old_the_data_is_is_reported(loaded: Sparkify, configuration: Path) -> None:
    diagnosis = examine(configuration)
    (finding,) = [each for each in diagnosis.findings if "newest play" in each.sentence]
    assert finding.state == "ok"
    assert re.match(
        r"The newest play is of 2018-11-15 12:30 UTC, [\d,]+ days ago; the last successful", finding.sentence
    )
    freshness = diagnosis.to_dict()["freshness"]
    assert freshness["newest"]["time"] == "2018-11-15T12:30:00"
    assert freshness["last_load"]["age_seconds"] >= 0
    with configuration.open("a") as file:
        file.write("[CHECKS]\nMAX_AGE=36h\n")
    (finding,) = [each for each in examine(configuration).findings if "newest play" in each.sentence]
    assert finding.state == "warning"
    assert finding.sentence.endswith(" [CHECKS] MAX_AGE is 36 h: look for new files with `sparkify-dwh plan`.")


def test_a_running_load_is_reported(sparkify: Sparkify, connection: Connection) -> None:
    with sparkify.engine.connect() as other:
        other.execute(LockTable(LoadLock.table()))
        findings = list(load_findings(connection, SPARKIFY))
        other.rollback()
    assert (findings[-1].state, "A load is running" in findings[-1].sentence) == ("warning", True)


def findings_about(settings: Settings, name: str) -> list[Any]:
    with ObjectStore() as store:
        return [finding for key, findings in source_findings(settings, store) if key == name for finding in findings()]


def test_hidden_files_are_not_input(sparkify: Sparkify) -> None:
    sparkify.songs("_SUCCESS", "")
    with pytest.raises(SourceError, match="matches no file except 1 hidden file"):
        findings_about(sparkify.settings, "SONG_DATA")


def test_many_small_files_should_be_packed(sparkify: Sparkify) -> None:
    for number in range(1001):
        (sparkify.directory / "song_data" / f"{number}.json").write_text("{}")
    (_, remark) = findings_about(sparkify.settings, "SONG_DATA")
    assert (remark.state, "sparkify-dwh pack" in remark.sentence) == ("warning", True)


def test_a_prefix_that_matches_its_neighbours_is_reported(sparkify: Sparkify) -> None:
    sparkify.songs("a.json", a_song())
    (sparkify.directory / "song_data2").mkdir()
    (sparkify.directory / "song_data2" / "b.json").write_text("{}")
    settings = with_inputs(sparkify.settings, SONG_DATA=sparkify.settings.inputs["SONG_DATA"].rstrip("/"))
    (_, remark) = findings_about(settings, "SONG_DATA")
    assert "song_data2/ (1)" in remark.sentence


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        ("{", "COPY would refuse"),
        ('{"jsonpaths": ["$.a"]}', "JSONPath size: 1, Number of columns in table or column list: 18"),
    ],
)
def test_a_jsonpaths_file_that_copy_would_refuse_is_an_error(sparkify: Sparkify, content: str, phrase: str) -> None:
    (sparkify.directory / "log_json_path.json").write_text(content)
    with pytest.raises(SourceError, match=phrase):
        findings_about(sparkify.settings, "LOG_JSONPATH")


def test_a_jsonpaths_file_without_effect_is_a_warning(sparkify: Sparkify) -> None:
    (sparkify.directory / "log_json_path.json").write_text('{"paths": []}')
    (finding,) = findings_about(sparkify.settings, "LOG_JSONPATH")
    assert (finding.state, "as if there were no such file" in finding.sentence) == ("warning", True)


def test_the_probe_leaves_nothing(sparkify: Sparkify) -> None:
    settings = replace(sparkify.settings, export=f"{sparkify.directory.as_uri()}/new/export/")
    (finding,) = findings_about(settings, "EXPORT")
    assert finding.state == "ok"
    assert not (sparkify.directory / "new").exists()


def test_a_location_that_is_not_writable_is_a_problem(sparkify: Sparkify) -> None:
    (sparkify.directory / "file").touch()
    settings = replace(sparkify.settings, manifests=f"{sparkify.directory.as_uri()}/file/manifests/")
    with pytest.raises(SourceError, match="is not a directory"):
        findings_about(settings, "MANIFESTS")
