"""The wheel has all that it takes: what is built from the project also works outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkout import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel of this checkout is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(lambda name: name and (ROOT / name).exists(), names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name, follow_symlinks=False)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    target = folder / "installed"
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", target, source], check=True)
    return target


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Migrations, SQL files and entry points travel in it."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    program = [sys.executable, "-m", "sparkify_dwh", "demo", "--songs", "20", "--events", "300"]
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Most played songs" in done.stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed)}
    program = [sys.executable, "-c", "from sparkify_dwh.sparkify import SPARKIFY; print(SPARKIFY.migrations)"]
    place = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert Path(place.strip()) == installed / "sparkify_dwh" / "migrations"


def test_types_travel_with_the_package(installed: Path) -> None:
    assert (installed / "sparkify_dwh" / "py.typed").exists()
