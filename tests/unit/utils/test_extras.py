"""Without an extra, whatever needs it says which one, in one sentence and with one exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

from sparkify_dwh.utils.extras import EXTRAS

MAIN = "from sparkify_dwh.cli import main; main()"
WAREHOUSE = "[CLUSTER]\nHOST=standin\n[S3]\nLOG_DATA=./log\nSONG_DATA=./song\n[STANDIN]\nDIR=./warehouse\n"
STANDIN = "The stand-in needs psycopg, which is not installed: pip install 'sparkify-dwh[standin]'."


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("psycopg", ["standin", "serve", "--port", "0", "--directory", "."], STANDIN),
        ("psycopg", ["history"], STANDIN),
        (
            "altair",
            ["report"],
            "A report needs altair, which is not installed: pip install 'sparkify-dwh[report]'.",
        ),
        (
            "pyarrow",
            ["query", "plays-per-day", "-o", "days.parquet"],
            "Parquet needs pyarrow, which is not installed: pip install 'sparkify-dwh[analysis]'.",
        ),
    ],
)
def test_a_command_names_the_extra_that_it_lacks(
    module: str, arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "dwh.cfg").write_text(WAREHOUSE)
    result = _python(f"import sys; sys.modules[{module!r}] = None; {MAIN}", *arguments, folder=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"Error: {message}\n")


def test_a_frame_names_the_extra_that_it_lacks(tmp_path: Path) -> None:
    asking = "from sparkify_dwh import analytics; analytics.frame(analytics.top_songs())"
    result = _python(f"import sys; sys.modules['pandas'] = None; {asking}", folder=tmp_path)
    last = result.stderr.splitlines()[-1]
    message = "A DataFrame needs pandas, which is not installed: pip install 'sparkify-dwh[analysis]'."
    assert last == f"sparkify_dwh.errors.UsageError: {message}"


def test_the_packages_are_those_that_the_extras_install() -> None:
    required = requires("sparkify-dwh") or []
    for extra, modules in EXTRAS.items():
        for package in modules.values():
            assert any(line.startswith(package) and f'extra == "{extra}"' in line for line in required), package


def _python(code: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPARKIFY_DWH")}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
