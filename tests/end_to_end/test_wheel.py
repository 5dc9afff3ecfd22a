"""A wheel built from the tree works on its own: it carries the scenarios and the digits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which the wheel, and nothing else, was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def started(installed, tmp_path, *arguments):
    """What the installed program prints when it is started from another folder."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout


def test_it_is_the_wheel_that_runs(installed, tmp_path):
    origin = started(installed, tmp_path, "-c", "import gradtui; print(gradtui.__file__)")
    assert Path(origin.strip()).is_relative_to(installed)


def test_it_finds_its_scenarios(installed, tmp_path):
    listed = json.loads(started(installed, tmp_path, "-m", "gradtui", "scenarios", "--json"))
    names = {entry["name"] for entry in listed}
    assert names == {path.stem for path in (ROOT / "scenarios").glob("*.toml")}


def test_it_finds_its_data_and_trains(installed, tmp_path):
    printed = started(installed, tmp_path, "-m", "gradtui", "run", "shallow-sigmoid", "--steps", "3", "--json")
    assert json.loads(printed)["steps"] == 3
