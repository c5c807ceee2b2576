"""The table of settings: what each form of value accepts, and the reference in README."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.checkout import ROOT

from sparkify_dwh.config.fields import FIELDS, Field, fields
from sparkify_dwh.config.file import read_values
from sparkify_dwh.config.reading import read_all
from sparkify_dwh.config.reference import render_reference
from sparkify_dwh.config.values import Given, object_url, prefix, switch
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.sparkify import SPARKIFY

README = ROOT / "README.md"

SWITCHES = [field for field in FIELDS.values() if field.reader is switch]
PODCASTS = (
    Field("S3", "EPISODES", prefix, "key prefix of the episodes"),
    Field("S3", "EPISODES_JSONPATH", object_url, "their JSONPaths"),
)


@pytest.mark.parametrize("field", SWITCHES, ids=lambda field: field.key)
def test_every_switch_accepts_the_same_words(field: Field) -> None:
    for words, value in ((("yes", "TRUE", "On", "1"), True), (("no", "False", "OFF", "0"), False)):
        assert [field.reader(Given(word, "it")) for word in words] == [value] * 4
    with pytest.raises(ConfigurationError, match=r"^it must be true or false .* found something else") as error:
        field.reader(Given("pa55", "it"))
    assert "pa55" not in str(error.value)


def test_the_readme_has_every_setting() -> None:
    assert render_reference(SPARKIFY.fields) in README.read_text(encoding="utf-8")


def test_every_default_is_a_valid_value() -> None:
    for field in FIELDS.values():
        if field.default is not None:
            assert field.reader(Given(str(field.default), field.key)) == field.default


def test_another_warehouse_has_other_inputs(tmp_path: Path) -> None:
    table = fields(PODCASTS)
    assert [key for section, key in table if section == "S3"][:2] == ["EPISODES", "EPISODES_JSONPATH"]
    assert ("S3", "LOG_DATA") not in table
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\nHOST=standin\n[S3]\nEPISODES=data/\n")
    values = read_values(file, {"SPARKIFY_DWH_S3_EPISODES_JSONPATH": "paths/"}, table)
    reading = read_all(values)
    assert reading.get("S3", "EPISODES") == f"file://{tmp_path}/data/"
    (error,) = reading.errors
    assert str(error).startswith("SPARKIFY_DWH_S3_EPISODES_JSONPATH must be one file")
    with pytest.raises(ConfigurationError, match="did you mean EPISODES_JSONPATH"):
        read_values(file, {"SPARKIFY_DWH_S3_EPISODE_JSONPATH": "x"}, table)


def test_errors_of_several_values_are_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "dwh.cfg"
    file.write_text("[CLUSTER]\nHOST=h:70000\nIAM=maybe\nDB_USER=u\n[DWH]\nDWH_PUBLIC=maybe\n")
    reading = read_all(read_values(file, {}))
    assert reading.get("CLUSTER", "DB_USER") == "u"
    assert [error.message.split(" must")[0].removeprefix(f"{file}: ") for error in reading.errors] == [
        f"the port of {file}: [CLUSTER] HOST",
        "[CLUSTER] IAM",
    ]
