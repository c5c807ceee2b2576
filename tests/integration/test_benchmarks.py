"""The benchmarks work: each part, on less than its small size, gives its rows. How long anything takes is not looked at."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from support.checkout import ROOT


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The command, with a cache of its own, and a size at which what costs the same every time is nearly everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        patch.setenv("SPARKIFY_DWH_BENCH_CACHE", str(tmp_path_factory.mktemp("bench")))
        sizes = importlib.import_module("benchmarks.sizes")
        tiny = replace(sizes.SMALL, name="tiny", events=300, songs=40, songs_per_file=20, exact_events=30)
        patch.setitem(sizes.SIZES, tiny.name, tiny)
        yield importlib.import_module("benchmarks.__main__")


def test_every_part_that_needs_no_rival_gives_its_rows(
    benchmarks: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--size", "tiny", "--only", "staging,star,start", "--output", str(tmp_path)]

    assert benchmarks.main(arguments) == 0

    table = capsys.readouterr().out
    saved = json.loads((tmp_path / "latest.json").read_text())
    assert {row["part"] for row in saved["rows"]} == {"staging", "star", "start"}
    assert all(row["what"] in table for row in saved["rows"])
    assert all(row["ratio"] > 0 for row in saved["rows"])
    assert saved["machine"]["size"] == "tiny"


def test_an_unknown_part_is_named(benchmarks: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        benchmarks.main(["--only", "stagging"])

    assert "unknown parts: stagging" in capsys.readouterr().err
