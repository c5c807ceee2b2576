"""How dwh.cfg may be written, and what the environment adds."""

from __future__ import annotations

import traceback
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkify_dwh.config import file as configuration
from sparkify_dwh.config.fields import variable
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.sparkify import SPARKIFY

FIELDS = SPARKIFY.fields
read_values = partial(configuration.read_values, fields=FIELDS)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where dwh.cfg would be, in the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "dwh.cfg"


def test_the_file_in_the_working_directory_is_read(file: Path) -> None:
    file.write_text("[CLUSTER]\nHOST=h\n")
    values = read_values(None, {})
    assert values.get("CLUSTER", "HOST") == "h"
    assert (values.directory, values.origin) == (file.parent, "dwh.cfg")


def test_the_argument_wins_over_the_environment_and_the_working_directory(file: Path) -> None:
    for name in ("dwh.cfg", "named.cfg", "argument.cfg"):
        file.with_name(name).write_text(f"[CLUSTER]\nHOST={name}\n")
    environ = {"SPARKIFY_DWH_CONFIG": "named.cfg"}
    assert read_values("argument.cfg", environ).get("CLUSTER", "HOST") == "argument.cfg"
    assert read_values(None, environ).get("CLUSTER", "HOST") == "named.cfg"
    assert read_values(None, {"SPARKIFY_DWH_CONFIG": ""}).get("CLUSTER", "HOST") == "dwh.cfg"


def test_a_named_file_must_exist(file: Path) -> None:
    """A fallback to ./dwh.cfg would load into the wrong warehouse."""
    file.write_text("[CLUSTER]\nHOST=h\n")
    for path, environ in (("no.cfg", {}), (None, {"SPARKIFY_DWH_CONFIG": "no.cfg"})):
        with pytest.raises(ConfigurationError, match=r"no\.cfg does not exist"):
            read_values(path, environ)


def test_the_environment_wins_over_the_file_unless_it_is_empty(file: Path) -> None:
    file.write_text("[CLUSTER]\nHOST=h\nDB_USER=u\n")
    values = read_values(None, {"SPARKIFY_DWH_CLUSTER_HOST": " 'other' ", "SPARKIFY_DWH_CLUSTER_DB_USER": ""})
    assert values.get("CLUSTER", "HOST") == "other"
    assert values.get("CLUSTER", "DB_USER") == "u"


def test_the_environment_alone_is_enough(file: Path) -> None:
    values = read_values(None, {"SPARKIFY_DWH_IAM_ROLE_ARN": "arn:x"})
    assert values.get("IAM_ROLE", "ARN") == "arn:x"
    assert (values.directory, values.origin) == (file.parent, "the environment")


def test_without_any_configuration_the_message_says_what_to_do(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"copy dwh\.cfg .* or run `sparkify-dwh demo`"):
        read_values(None, {"SPARKIFY_DWH_CLUSTER_HOST": "", "HOME": "/"})


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD=p%s=#;'x:[",
        "db_password = p%s=#;'x:[  ",
        'DB_PASSWORD: "p%s=#;\'x:["',
        "\tDB_PASSWORD='p%s=#;'x:['",
    ],
)
def test_a_password_may_contain_any_character(file: Path, line: str) -> None:
    """Neither %, # and ; nor quotes inside mean anything; the pair of quotes around the value does not belong to it."""
    file.write_text(f"[CLUSTER]\nHOST=h\n{line}\nDB_USER=u\n")
    assert read_values(None, {}).get("CLUSTER", "DB_PASSWORD") == "p%s=#;'x:["


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'\""), min_size=1))
def test_every_printable_password_is_read_back(tmp_path_factory: pytest.TempPathFactory, password: str) -> None:
    file = tmp_path_factory.getbasetemp() / "password.cfg"
    file.write_text(f"[CLUSTER]\nDB_PASSWORD={password}\n")
    assert read_values(file, {}).get("CLUSTER", "DB_PASSWORD") == password


def test_files_of_any_editor_are_read(file: Path) -> None:
    """A byte order mark, Windows line ends, comments, sections in small letters, indented keys."""
    file.write_bytes(b"\xef\xbb\xbf# about\r\n[cluster]\r\n  ; more\r\n  HOST = h\r\n\r\n    DB_NAME = d\r\n")
    values = read_values(None, {})
    assert (values.get("CLUSTER", "HOST"), values.get("CLUSTER", "DB_NAME")) == ("h", "d")


def test_sections_of_other_programs_are_ignored(file: Path) -> None:
    file.write_text("[DEFAULT]\nHOSTS=x\n[airflow]\nHOST=y\n[CLUSTER]\nDB_HOST=z\nHOST=h\n[AWS]\nREGION=us-west-2\n")
    assert read_values(None, {}).get("CLUSTER", "HOST") == "h"


@pytest.mark.parametrize(
    ("section", "key", "meant"),
    [
        ("S3", "LOG_JSON_PATH", "LOG_JSONPATH"),
        ("CLUSTER", "db_pasword", "DB_PASSWORD"),
        ("S3", "MANIFEST", "MANIFESTS"),
    ],
)
def test_a_misspelt_key_is_an_error(file: Path, section: str, key: str, meant: str) -> None:
    file.write_text(f"[{section}]\n{key}=x\n")
    with pytest.raises(ConfigurationError, match=f"did you mean {meant}"):
        read_values(None, {})
    with pytest.raises(ConfigurationError, match=f"^SPARKIFY_DWH_{section}_{key.upper()} .* did you mean {meant}"):
        read_values(None, {f"SPARKIFY_DWH_{section}_{key.upper()}": "x", "SPARKIFY_DWH_CONFIG": "/dev/null"})


@pytest.mark.parametrize(
    ("written", "meant"), [("clusters", "CLUSTER"), ("STANDINN", "STANDIN"), ("IAMROLE", "IAM_ROLE")]
)
def test_a_misspelt_section_is_an_error(file: Path, written: str, meant: str) -> None:
    """Its keys would be ignored, and a stand-in started in another directory."""
    file.write_text(f"[{written}]\nHOST=x\n")
    with pytest.raises(
        ConfigurationError, match=rf"\[{written.upper()}\] is not a known .*, did you mean \[{meant}\]\?"
    ):
        read_values(None, {})


def test_an_unknown_section_beside_the_right_one_is_ignored(file: Path) -> None:
    file.write_text("[CLUSTERS]\nHOST=x\n[CLUSTER]\nHOST=h\n[airflow]\nHOST=y\n")
    assert read_values(None, {}).get("CLUSTER", "HOST") == "h"


def test_without_a_configuration_the_one_of_a_demo_is_named(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"copy dwh\.cfg from the repository"):
        read_values(None, {})
    (file.parent / ".standin").mkdir()
    (file.parent / ".standin" / "dwh.cfg").touch()
    with pytest.raises(ConfigurationError, match=r"pass --config \.standin/dwh\.cfg to go on with the demo"):
        read_values(None, {})


def test_a_similar_key_beside_the_right_one_is_not_a_misspelling(file: Path) -> None:
    file.write_text("[S3]\nLOG_JSONPATH=s3://b/x\nSONG_JSONPATH=s3://b/y\n")
    assert read_values(None, {}).get("S3", "LOG_JSONPATH") == "s3://b/x"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[CLUSTER]\nHOST=h\npa55 word\n", "line 3 must be KEY=value"),
        ("# x\npa55=pa55\n", "line 2 comes before any section"),
        ("[CLUSTER]\npa55=1\nPA55=pa55\n", "line 3 gives a key a second time"),
        ("[CLUSTER]\nHOST=h\n[pa55]\n[Pa55]\n", "line 4 opens a section a second time"),
        ("[CLUSTER\nHOST=pa55\n", "line 1 comes before any section"),
        ("[CLUSTER]\n=pa55\n", "line 2 must be KEY=value"),
    ],
)
def test_a_malformed_file_is_named_with_its_line_and_without_its_content(file: Path, text: str, problem: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=problem) as error:
        read_values(None, {})
    assert "dwh.cfg" in str(error.value)
    assert "pa55" not in "".join(traceback.format_exception(error.value, limit=0)).lower()
    assert error.value.__context__ is None


def test_a_binary_file_is_named_without_its_content(file: Path) -> None:
    file.write_bytes("[CLUSTER]\nDB_PASSWORD=pa55".encode("utf-16"))
    with pytest.raises(ConfigurationError, match=r"dwh\.cfg is not UTF-8") as error:
        read_values(None, {})
    assert error.value.__context__ is None


def test_a_directory_is_not_a_configuration(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigurationError, match=r"dwh\.cfg cannot be read"):
        read_values(None, {})


@pytest.mark.parametrize("name", FIELDS, ids=variable)
def test_every_key_can_come_from_the_environment(file: Path, name: tuple[str, str]) -> None:
    assert read_values(None, {variable(name): "x"}).get(*name) == "x"
